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
 * @param control where origin proxies connect, if they may
 * @param meetings groups at bounce servers, in each of which one origin proxy may join
 * @param bounce how bounce servers let this side in
 * @param services each public listener
 * @param ports what origin proxies may ask for besides
 * @param bore how bore's clients are served, if they are
 * @param secrets shared with the origin proxies: any of them lets in
 * @param transport what wraps the connections of origin proxies
 * @param tls who it shows itself to be, where that is TLS
 * @param openTimeout from a visitor's accept to the origin server's accepted connection
 * @param proxyHeaderFrom networks whose connections begin with a PROXY header
 * @param admission whom it lets in
 * @param timing how long it waits
 * @param bounds what it holds
 */
public record RemoteSettings(
    Optional<HostPort> control,
    List<GroupAddress> meetings,
    BounceCredentials bounce,
    List<ServiceAddress> services,
    Optional<PortRange> ports,
    Optional<BoreServerSettings> bore,
    List<Secret> secrets,
    TransportSettings transport,
    Optional<TlsServerSettings> tls,
    Duration openTimeout,
    List<Cidr> proxyHeaderFrom,
    ConnectionLimits admission,
    Timeouts timing,
    ResourceLimits bounds) {

  /** What is tried at the most for one login. */
  private static final int MAX_SECRETS = 64;

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public RemoteSettings {
    meetings = List.copyOf(meetings);
    services = List.copyOf(services);
    secrets = List.copyOf(secrets);
    proxyHeaderFrom = List.copyOf(proxyHeaderFrom);
    if (control.isEmpty() && meetings.isEmpty() && bore.isEmpty()) {
      throw new IllegalArgumentException(
          "neither --control-addr nor --control-via is given: no origin proxy could join");
    }
    if (bore.isPresent() && ports.isEmpty()) {
      throw new IllegalArgumentException(
          "--bore-addr needs a --port-range: its clients each ask for a port");
    }
    if (new HashSet<>(meetings).size() < meetings.size()) {
      throw new IllegalArgumentException(
          "--control-via names the same group twice; each origin proxy needs one of its own");
    }
    bounce.check(PeerNames.BOUNCE_SERVER_OF_PROXY, meetings);
    Checks.distinct("--outside-addr", services);
    if (secrets.size() > MAX_SECRETS) {
      throw new IllegalArgumentException(
          "--secret-file is given more than " + MAX_SECRETS + " times");
    }
    transport.check(!secrets.isEmpty(), tls.isPresent(), false);
    Checks.certificate(transport.kind(!secrets.isEmpty()), tls);
    if (openTimeout.isZero()) {
      throw new IllegalArgumentException("--open-timeout is zero: no visitor could be served");
    }
  }

  /** Whether an origin proxy must prove who it is before it may join. */
  public boolean authenticates() {
    return !secrets.isEmpty()
        || transport.noise().filter(noise -> !noise.peers().isEmpty()).isPresent()
        || tls.filter(given -> given.clientAuthorities().isPresent()).isPresent();
  }
}
