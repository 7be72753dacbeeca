package culvert.config;

import culvert.net.Cidr;
import culvert.net.NetworkSet;
import culvert.setting.Setting;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The networks whose visitors may use a service. A network that is denied stays denied, whatever
 * else is allowed. If a service has networks that are allowed, all others are denied.
 *
 * @param allowed by the name of the service; those of the empty name are for services without their
 *     own, and for ports on request
 * @param denied by the name of the service; those of the empty name are for all services and ports
 */
public record NetworkRules(Map<String, NetworkSet> allowed, Map<String, NetworkSet> denied) {

  /** Every visitor may use every service. */
  public static final NetworkRules NONE = new NetworkRules(Map.of(), Map.of());

  private static final String ALL = "";
  private static final NetworkSet NO_NETWORK = new NetworkSet(List.of());

  /** Copies the maps. */
  public NetworkRules {
    allowed = Map.copyOf(allowed);
    denied = Map.copyOf(denied);
  }

  /**
   * Returns the rules of these networks. Services with equal lists, such as the ports of a range,
   * share a set.
   */
  public static NetworkRules of(PerService<Cidr> allowed, PerService<Cidr> denied) {
    Map<List<Cidr>, NetworkSet> sets = new HashMap<>();
    return new NetworkRules(
        allowed.map(list -> sets.computeIfAbsent(list, NetworkSet::new)),
        denied.map(list -> sets.computeIfAbsent(list, NetworkSet::new)));
  }

  /**
   * Checks that each network is for a service that exists.
   *
   * @throws IllegalArgumentException whose message names the option and the service
   */
  void check(List<ServiceAddress> services) {
    Checks.haveServices(Setting.ALLOW_FROM, allowed.keySet(), services, Setting.OUTSIDE_ADDR);
    Checks.haveServices(Setting.DENY_FROM, denied.keySet(), services, Setting.OUTSIDE_ADDR);
  }

  /**
   * Returns whether a visitor may use a service.
   *
   * @param service its name; another text for a port on request
   */
  public boolean isAllowed(String service, InetAddress visitor) {
    NetworkSet only = allowed.getOrDefault(service, allowed.get(ALL));
    return (only == null || only.contains(visitor))
        && !isDeniedToAll(visitor)
        && !denied.getOrDefault(service, NO_NETWORK).contains(visitor);
  }

  /** Returns whether a visitor is denied for all services and ports. */
  public boolean isDeniedToAll(InetAddress visitor) {
    return denied.getOrDefault(ALL, NO_NETWORK).contains(visitor);
  }
}
