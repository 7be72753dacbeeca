package culvert.route;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Selects the proxy for a target from the option and from the usual environment variables. */
public final class ProxySelection {

  /** Value of the option that disables proxies, including those of the environment. */
  public static final String DIRECT = "direct";

  /** The first that is set is used: lower case before upper case, as in curl. */
  private static final List<String> VARIABLES =
      List.of("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");

  private static final List<String> NO_PROXY_VARIABLES = List.of("no_proxy", "NO_PROXY");

  private ProxySelection() {}

  /**
   * Returns the proxy to use, or empty to connect to the target directly.
   *
   * <p>The option takes precedence over the variables. Among these, {@code HTTPS_PROXY} precedes
   * {@code ALL_PROXY}, because the tunnel uses CONNECT as HTTPS does. A value without a scheme is
   * read as {@code http://}. The variables do not apply to targets in {@code NO_PROXY}, nor to
   * loopback addresses, where a proxy would connect to its own host. An empty variable counts as
   * not set.
   *
   * @param option the value of {@code --via}, if given
   * @param environment the environment variables of the process
   * @throws IllegalArgumentException if the option or variable is invalid. The message names it and
   *     the problem, and contains no part of a password
   */
  public static Optional<OutboundProxy> of(
      Optional<String> option, Map<String, String> environment, HostPort target) {
    if (option.isPresent()) {
      return option.filter(text -> !text.equals(DIRECT)).map(ProxySelection::parse);
    }
    Optional<String> noProxy = firstSet(environment, NO_PROXY_VARIABLES).map(environment::get);
    if (isLoopback(target)
        || noProxy.filter(list -> NoProxyList.matches(list, target)).isPresent()) {
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
      throw new SettingException(
          "the variable %s: %s (%s %s ignores it)", variable, e.getMessage(), Setting.VIA, DIRECT);
    }
  }

  private static OutboundProxy parse(String option) {
    try {
      return OutboundProxy.parse(option);
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          "%s: %s; for no proxy, use %s", Setting.VIA, e.getMessage(), DIRECT);
    }
  }
}
