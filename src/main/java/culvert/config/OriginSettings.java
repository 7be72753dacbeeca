package culvert.config;

import culvert.net.ProxyHeader;
import culvert.protocol.PeerNames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All settings of an origin proxy.
 *
 * @param remoteProxy the remote proxy's control address, or a group that it is in too
 * @param bounce how a bounce server lets this side in
 * @param services each service offered, with its origin server
 * @param outsidePort asked for in the place of a listener that the remote proxy has; 0 for any
 * @param name under which it logs in: 1 to 64 letters, digits, dots, dashes and underscores
 * @param secret shared with the remote proxy
 * @param transport what wraps the connection to the remote proxy
 * @param tls how the remote proxy is known, where that is TLS
 * @param via the proxy that is the way out to the remote proxy, if there is one
 * @param proxyHeader which PROXY header the origin servers want first, if any
 * @param connectTimeout for a connection to the remote proxy or to an origin server
 * @param retryMax the longest pause between attempts to join
 * @param failFast whether a remote proxy that cannot be reached ends the process
 * @param timing how long it waits
 * @param bounds what it holds
 */
public record OriginSettings(
    RemoteAddress remoteProxy,
    BounceCredentials bounce,
    List<ServiceAddress> services,
    OptionalInt outsidePort,
    String name,
    Optional<Secret> secret,
    TransportSettings transport,
    Optional<TlsClientSettings> tls,
    Optional<OutboundProxy> via,
    Optional<ProxyHeader.Version> proxyHeader,
    Duration connectTimeout,
    Duration retryMax,
    boolean failFast,
    Timeouts timing,
    ResourceLimits bounds) {

  private static final int MAX_PORT = 65535;

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public OriginSettings {
    services = List.copyOf(services);
    Checks.distinct("--origin-server-addr", services);
    checkPort(outsidePort, services.size());
    Checks.name("name of an origin proxy", name);
    transport.check(secret.isPresent(), tls.isPresent(), true);
    bounce.check(
        PeerNames.BOUNCE_SERVER_OF_PROXY,
        remoteProxy instanceof GroupAddress group ? List.of(group) : List.of());
    if (connectTimeout.isZero()) {
      throw new IllegalArgumentException("--connect-timeout is zero: nothing could be reached");
    }
    if (retryMax.isZero()) {
      throw new IllegalArgumentException("--retry-max is zero: it would never pause");
    }
  }

  private static void checkPort(OptionalInt port, int services) {
    if (port.isPresent() && (port.getAsInt() < 0 || port.getAsInt() > MAX_PORT)) {
      throw new IllegalArgumentException("--outside-port is not within 0 to " + MAX_PORT);
    }
    if (port.isPresent() && port.getAsInt() > 0 && services > 1) {
      throw new IllegalArgumentException(
          "--outside-port names one port for several services; 0 gives each one of its own");
    }
  }

  /** Whether the remote proxy must prove who it is before visitors are taken from it. */
  public boolean authenticates() {
    return secret.isPresent()
        || transport.noise().filter(noise -> !noise.peers().isEmpty()).isPresent()
        || transport.kind(false).isTls();
  }
}
