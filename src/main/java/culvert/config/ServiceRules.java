package culvert.config;

import java.util.List;

/**
 * The rules for the visitors of a remote proxy, which each service can have of its own.
 *
 * @param networks the networks whose visitors may use a service
 */
public record ServiceRules(NetworkRules networks) {

  /** No rules. */
  public static final ServiceRules NONE = new ServiceRules(NetworkRules.NONE);

  /**
   * Checks that each rule is for a service that exists.
   *
   * @throws IllegalArgumentException whose message names the option and the service
   */
  void check(List<ServiceAddress> services) {
    networks.check(services);
  }
}
