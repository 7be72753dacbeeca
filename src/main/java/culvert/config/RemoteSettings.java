package culvert.config;

import culvert.net.Cidr;
import culvert.net.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All settings of a remote proxy.
 *
 * @param control where origin proxies connect
 * @param services each public listener
 * @param secret shared with the origin proxies
 * @param openTimeout from a visitor's accept to the origin server's accepted connection
 * @param proxyHeaderFrom networks whose connections begin with a PROXY header
 * @param admission whom it lets in
 * @param timing how long it waits
 * @param bounds what it holds
 */
public record RemoteSettings(
    HostPort control,
    List<ServiceAddress> services,
    Optional<Secret> secret,
    Duration openTimeout,
    List<Cidr> proxyHeaderFrom,
    Admission admission,
    Timing timing,
    Bounds bounds) {

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public RemoteSettings {
    services = List.copyOf(services);
    proxyHeaderFrom = List.copyOf(proxyHeaderFrom);
    Checks.distinct("--outside-addr", services);
    if (openTimeout.isZero()) {
      throw new IllegalArgumentException("--open-timeout is zero: no visitor could be served");
    }
  }
}
