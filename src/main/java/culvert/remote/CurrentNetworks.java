package culvert.remote;

import culvert.config.NetworkRules;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The networks whose visitors may use each public address, by the current settings. A service that
 * a reload has removed keeps its own networks: its listener is closed a moment later, and its
 * visitors stay connected. Thread-safe; a change is seen as a whole.
 */
final class CurrentNetworks {

  /** Why a visitor is not served whose network is not allowed. */
  static final String DENIED = "the settings do not allow visitors of this address";

  /**
   * The rules of one moment.
   *
   * @param services the services of the settings
   * @param removed the last rules of other services, by name
   */
  private record Rules(
      Set<String> services, NetworkRules current, Map<String, NetworkRules> removed) {

    boolean isAllowed(String label, InetAddress visitor) {
      if (services.contains(label) || isPort(label)) {
        return current.isAllowed(label, visitor);
      }
      NetworkRules last = removed.get(label);
      return last != null && last.isAllowed(label, visitor) && !current.isDeniedToAll(visitor);
    }

    /** The label of a port on request is {@code NAME:PORT}; a name has no colon. */
    private static boolean isPort(String label) {
      return label.indexOf(':') >= 0;
    }
  }

  /** Replaced as a whole, by one thread at a time. */
  private volatile Rules rules;

  /** Creates the networks of the first settings. */
  CurrentNetworks(RemoteSettings settings) {
    this.rules = new Rules(names(settings), settings.rules().networks(), Map.of());
  }

  private static Set<String> names(RemoteSettings settings) {
    return settings.services().stream().map(ServiceAddress::service).collect(Collectors.toSet());
  }

  /**
   * Uses other settings. Calls one after the other.
   *
   * @param connected the services with connected visitors; the networks of another one are
   *     forgotten with the second change after its removal, and it is closed to all from then on
   */
  void set(RemoteSettings next, Set<String> connected) {
    Rules before = rules;
    Set<String> services = names(next);
    Map<String, NetworkRules> removed = new HashMap<>(before.removed());
    removed.keySet().retainAll(connected);
    before.services().forEach(name -> removed.put(name, before.current()));
    removed.keySet().removeAll(services);
    rules = new Rules(services, next.rules().networks(), removed);
  }

  /**
   * Returns whether a visitor may use a public address.
   *
   * @param label the name of the service, or {@code NAME:PORT} for a port on request
   */
  boolean isAllowed(String label, InetAddress visitor) {
    return rules.isAllowed(label, visitor);
  }
}
