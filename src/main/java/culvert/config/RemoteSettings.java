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
 * @param maxVisitors how many visitors may be there at a time
 * @param openTimeout from a visitor's accept to the origin server's accepted connection
 * @param handshakeTimeout from an origin proxy's accept to a standing session
 * @param halfCloseTimeout how long a half-closed relay may be silent
 * @param proxyHeaderFrom networks whose connections begin with a PROXY header
 */
public record RemoteSettings(
    HostPort control,
    List<ServiceAddress> services,
    Optional<Secret> secret,
    int maxVisitors,
    Duration openTimeout,
    Duration handshakeTimeout,
    Duration halfCloseTimeout,
    List<Cidr> proxyHeaderFrom) {

  /** From accept to a standing session. */
  public static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(5);

  /** How long a half-closed relay may be silent, on both sides. */
  public static final Duration HALF_CLOSE_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException if two services share a name
   */
  public RemoteSettings {
    services = List.copyOf(services);
    proxyHeaderFrom = List.copyOf(proxyHeaderFrom);
    Services.checkDistinct(services, "--outside-addr");
  }
}
