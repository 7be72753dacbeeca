package culvert.config;

import culvert.net.ProxyHeader;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All settings of an origin proxy.
 *
 * @param remotes the remote proxies, each with a session of its own
 * @param bounce the credentials for a bounce server
 * @param services the services to register, each with its origin server
 * @param outsidePort the public port to request if the remote proxy has no listener for the
 *     service; 0 for any
 * @param isShared whether other origin proxies that ask for it too may serve the same services
 * @param name its name at login: 1 to 64 letters, digits, dots, dashes and underscores
 * @param secret the secret shared with the remote proxy, if any
 * @param client the name of the client that it logs in as, if the remote proxy's settings have
 *     clients; the secret is that of the client
 * @param transport the transport to the remote proxy
 * @param tls how to verify the remote proxy, for TLS
 * @param proxyHeader version of the PROXY header to send to origin servers, if any
 * @param healthChecks how origin servers are checked, if they are
 * @param connectTimeout timeout of a connection to a remote proxy or to an origin server
 * @param retryMax maximum pause between attempts to connect to a remote proxy
 * @param failFast whether the process exits if no remote proxy is reachable
 * @param timeouts timeouts and intervals
 * @param resourceLimits limits on streams and buffers
 */
public record OriginSettings(
    List<RemoteRoute> remotes,
    BounceCredentials bounce,
    List<ServiceAddress> services,
    OptionalInt outsidePort,
    boolean isShared,
    String name,
    Optional<Secret> secret,
    Optional<String> client,
    TransportSettings transport,
    Optional<TlsClientSettings> tls,
    Optional<ProxyHeader.Version> proxyHeader,
    HealthChecks healthChecks,
    Duration connectTimeout,
    Duration retryMax,
    boolean failFast,
    Timeouts timeouts,
    ResourceLimits resourceLimits) {

  /** Maximum number of remote proxies, including all addresses of names. */
  public static final int MAX_REMOTES = 64;

  private static final int MAX_PORT = 65535;

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public OriginSettings {
    remotes = List.copyOf(remotes);
    services = List.copyOf(services);
    checkPresent(Setting.REMOTE_PROXY_ADDR, remotes);
    checkPresent(Setting.ORIGIN_SERVER_ADDR, services);
    checkRemotes(remotes);
    Checks.distinct(Setting.ORIGIN_SERVER_ADDR, services);
    checkPort(outsidePort, services.size());
    Checks.sockets(Setting.ORIGIN_SERVER_ADDR, services);
    checkHeader(proxyHeader, services);
    healthChecks.check(services);
    Checks.name(Setting.ORIGIN_NAME, name);
    checkClient(client, secret);
    transport.check(Setting.TRANSPORT, secret.isPresent(), tls.isPresent(), true);
    bounce.check(groups(remotes));
    Checks.positive(Setting.CONNECT_TIMEOUT, connectTimeout, Checks.NO_CONNECTION);
    Checks.positive(Setting.RETRY_MAX, retryMax, "there would be no pause between attempts");
  }

  private static void checkClient(Optional<String> client, Optional<Secret> secret) {
    client.ifPresent(given -> Checks.name(Setting.CLIENT_NAME, given));
    if (client.isPresent() && secret.isEmpty()) {
      throw new SettingException(
          "%s requires %s or %s: the client's secret",
          Setting.CLIENT_NAME, Setting.SECRET, Setting.SECRET_FILE);
    }
  }

  private static void checkPresent(Setting setting, List<?> values) {
    if (values.isEmpty()) {
      throw new SettingException("%s has no address", setting);
    }
  }

  private static void checkRemotes(List<RemoteRoute> remotes) {
    if (remotes.size() > MAX_REMOTES) {
      throw new SettingException(
          "%s names %s addresses: at most %s are allowed",
          Setting.REMOTE_PROXY_ADDR, remotes.size(), MAX_REMOTES);
    }
    var places = new HashSet<String>();
    for (RemoteRoute remote : remotes) {
      if (!places.add(remote.address().canonical())) {
        throw new SettingException(
            "%s names the address '%s' twice",
            Setting.REMOTE_PROXY_ADDR, remote.address().dialled());
      }
    }
  }

  private static List<GroupAddress> groups(List<RemoteRoute> remotes) {
    return remotes.stream()
        .map(RemoteRoute::address)
        .filter(GroupAddress.class::isInstance)
        .map(GroupAddress.class::cast)
        .toList();
  }

  private static void checkHeader(
      Optional<ProxyHeader.Version> header, List<ServiceAddress> services) {
    boolean hasUdp = services.stream().anyMatch(service -> service.type() == ServiceType.UDP);
    if (hasUdp && header.filter(ProxyHeader.Version.V1::equals).isPresent()) {
      throw new SettingException(
          "%s v1 has no form for the UDP services of %s: use v2",
          Setting.PROXY_PROTOCOL, Setting.ORIGIN_SERVER_ADDR);
    }
  }

  private static void checkPort(OptionalInt port, int services) {
    if (port.isPresent() && (port.getAsInt() < 0 || port.getAsInt() > MAX_PORT)) {
      throw new InvalidSettingException(
          Setting.OUTSIDE_PORT, port.getAsInt(), "a port from 0 to " + MAX_PORT);
    }
    if (port.isPresent() && port.getAsInt() > 0 && services > 1) {
      throw new SettingException(
          "%s names one port for several services: 0 requests a separate port for each",
          Setting.OUTSIDE_PORT);
    }
  }

  /**
   * Returns these settings with the values of a running role that do not change while it runs: its
   * name, how it retries, the limits on memory, the times of handshakes and heartbeats, and the log
   * period. A secret that is equal is that of the running role, so that a typed one is not derived
   * again.
   */
  public OriginSettings keeping(OriginSettings running) {
    return new OriginSettings(
        remotes,
        bounce,
        services,
        outsidePort,
        isShared,
        running.name,
        secret.map(given -> given.in(running.secret.stream().toList())),
        client,
        transport,
        tls,
        proxyHeader,
        healthChecks,
        connectTimeout,
        running.retryMax,
        running.failFast,
        timeouts.keeping(running.timeouts),
        running.resourceLimits);
  }

  /** Returns whether there may be sessions with more than one remote proxy. */
  public boolean hasSeveralRemotes() {
    return remotes.size() > 1 || remotes.getFirst().address() instanceof RemoteAddress.AllOf;
  }

  /** Returns the type of a service; TCP if there is none of this name. */
  public ServiceType type(String service) {
    return services.stream()
        .filter(one -> one.service().equals(service))
        .map(ServiceAddress::type)
        .findFirst()
        .orElse(ServiceType.TCP);
  }

  /** Returns whether the remote proxy must authenticate before it can send visitors. */
  public boolean isPeerAuthenticated() {
    return secret.isPresent()
        || transport.noise().filter(noise -> !noise.peers().isEmpty()).isPresent()
        || transport.kind(false).isTls();
  }
}
