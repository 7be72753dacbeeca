package culvert.route;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which proxy leads to a target, by the option and by the variables that other programs know. */
public final class ProxySelection {

  /** The option's word for no proxy, whatever the variables say. */
  public static final String DIRECT = "direct";

  /** The first that is set counts: lower case before upper, as in curl. */
  private static final List<String> VARIABLES =
      List.of("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");

  private static final List<String> EXCEPTIONS = List.of("no_proxy", "NO_PROXY");

  private ProxySelection() {}

  /**
   * The proxy to go through, or nothing to dial the target itself.
   *
   * <p>The option beats the variables. Of these, {@code HTTPS_PROXY} comes before {@code
   * ALL_PROXY}, since the tunnel uses CONNECT as HTTPS does, and {@code http://} is meant where a
   * value has no scheme. They are not asked for targets of {@code NO_PROXY} and of loopback, where
   * a proxy would reach itself. An empty variable is as one that is not set.
   *
   * @param option the value of {@code --via}, if it is given
   * @param environment the process's variables
   * @throws IllegalArgumentException naming the option or variable, and what is wrong with it; no
   *     part of a password is in it
   */
  public static Optional<OutboundProxy> of(
      Optional<String> option, Map<String, String> environment, HostPort target) {
    if (option.isPresent()) {
      return option.filter(text -> !text.equals(DIRECT)).map(ProxySelection::parse);
    }
    Optional<String> exceptions = firstSet(environment, EXCEPTIONS).map(environment::get);
    if (isLoopback(target)
        || exceptions.filter(list -> NoProxyList.matches(list, target)).isPresent()) {
      return Optional.empty();
    }
    return firstSet(environment, VARIABLES).map(name -> read(name, environment.get(name).strip()));
  }

  private static Optional<String> firstSet(Map<String, String> environment, List<String> names) {
    return names.stream().filter(name -> !environment.getOrDefault(name, "").isBlank()).findFirst();
  }

  private static boolean isLoopback(HostPort target) {
    return target
        .literal()
        .map(InetAddress::isLoopbackAddress)
        .orElseGet(() -> NoProxyList.canonical(target.host()).equals("localhost"));
  }

  private static OutboundProxy read(String variable, String value) {
    try {
      return OutboundProxy.parse(OutboundProxy.isUrl(value) ? value : "http://" + value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the variable "
              + variable
              + ": "
              + e.getMessage()
              + " (--via "
              + DIRECT
              + " ignores it)");
    }
  }

  private static OutboundProxy parse(String option) {
    try {
      return OutboundProxy.parse(option);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--via: " + e.getMessage() + "; none at all: " + DIRECT);
    }
  }
}
