package culvert.config;

import culvert.setting.Setting;
import java.util.List;

/**
 * The rules for the visitors of a remote proxy, which each service can have of its own.
 *
 * @param networks the networks whose visitors may use a service
 * @param balance how visitors are spread over the origin proxies that share a service
 */
public record ServiceRules(NetworkRules networks, PerService<Balance> balance) {

  /** No rules. */
  public static final ServiceRules NONE = new ServiceRules(NetworkRules.NONE, PerService.none());

  /**
   * Checks that each rule is for a service that exists, and that none contradicts another.
   *
   * @throws IllegalArgumentException whose message names the option and the service
   */
  void check(List<ServiceAddress> services) {
    networks.check(services);
    balance.checkSingle(Setting.BALANCE, services);
  }
}
