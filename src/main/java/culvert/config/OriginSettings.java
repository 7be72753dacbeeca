package culvert.config;

import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All settings of an origin proxy.
 *
 * @param remoteProxy the remote proxy's control address
 * @param services each service offered, with its origin server
 * @param secret shared with the remote proxy
 * @param proxyHeader which PROXY header the origin servers want first, if any
 * @param connectTimeout for a connection to the remote proxy or to an origin server
 * @param handshakeTimeout from the connection to the remote proxy to a standing session
 * @param halfCloseTimeout how long a half-closed relay may be silent
 * @param failFast whether a remote proxy that cannot be reached ends the process
 */
public record OriginSettings(
    HostPort remoteProxy,
    List<ServiceAddress> services,
    Optional<Secret> secret,
    Optional<ProxyHeader.Version> proxyHeader,
    Duration connectTimeout,
    Duration handshakeTimeout,
    Duration halfCloseTimeout,
    boolean failFast) {

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException if two services share a name
   */
  public OriginSettings {
    services = List.copyOf(services);
    Services.checkDistinct(services, "--origin-server-addr");
  }
}
