package culvert.config;

import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * All settings of a remote proxy.
 *
 * @param control the address that origin proxies connect to, if any
 * @param groups channel groups at bounce servers; one origin proxy can join in each
 * @param bounce the credentials for bounce servers
 * @param services the public listeners
 * @param ports the ports that origin proxies may request in addition
 * @param bore the server for bore's clients, if enabled
 * @param secrets the secrets shared with origin proxies; each is accepted
 * @param transport the transport of origin proxies' connections
 * @param tls its certificate, for TLS
 * @param openTimeout maximum time from a visitor's accept to the connection to the origin server
 * @param proxyHeaderFrom networks whose connections start with a PROXY header
 * @param connectionLimits maximum numbers of connections
 * @param timeouts timeouts and intervals
 * @param resourceLimits limits on streams and buffers
 */
public record RemoteSettings(
    Optional<HostPort> control,
    List<GroupAddress> groups,
    BounceCredentials bounce,
    List<ServiceAddress> services,
    Optional<PortRange> ports,
    Optional<BoreServerSettings> bore,
    List<Secret> secrets,
    TransportSettings transport,
    Optional<TlsServerSettings> tls,
    Duration openTimeout,
    List<Cidr> proxyHeaderFrom,
    ConnectionLimits connectionLimits,
    Timeouts timeouts,
    ResourceLimits resourceLimits) {

  /** Maximum secrets to try for one login. */
  private static final int MAX_SECRETS = 64;

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public RemoteSettings {
    groups = List.copyOf(groups);
    services = List.copyOf(services);
    secrets = List.copyOf(secrets);
    proxyHeaderFrom = List.copyOf(proxyHeaderFrom);
    if (control.isEmpty() && groups.isEmpty() && bore.isEmpty()) {
      throw new IllegalArgumentException(
          "neither --control-addr nor --control-via is given: no origin proxy can connect");
    }
    if (bore.isPresent() && ports.isEmpty()) {
      throw new IllegalArgumentException(
          "--bore-addr requires --port-range: each of its clients requests a port");
    }
    if (new HashSet<>(groups).size() < groups.size()) {
      throw new IllegalArgumentException(
          "--control-via names the same group twice: each origin proxy needs a separate group");
    }
    bounce.check(PeerNames.BOUNCE_SERVER_OF_PROXY, groups);
    Checks.distinct("--outside-addr", services);
    if (secrets.size() > MAX_SECRETS) {
      throw new IllegalArgumentException(
          "--secret-file is given more than " + MAX_SECRETS + " times");
    }
    transport.check(!secrets.isEmpty(), tls.isPresent(), false);
    Checks.certificate(transport.kind(!secrets.isEmpty()), tls);
    Checks.positive("open-timeout", openTimeout);
  }

  /** Returns whether an origin proxy must authenticate before it can register services. */
  public boolean isPeerAuthenticated() {
    return !secrets.isEmpty()
        || transport.noise().filter(noise -> !noise.peers().isEmpty()).isPresent()
        || tls.filter(given -> given.clientAuthorities().isPresent()).isPresent();
  }
}
