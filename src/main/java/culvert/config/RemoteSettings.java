package culvert.config;

import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.net.UnixPath;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All settings of a remote proxy.
 *
 * @param control the address that origin proxies connect to, if any
 * @param groups channel groups at bounce servers; one origin proxy can join in each
 * @param bounce the credentials for bounce servers
 * @param services the public listeners
 * @param ports the ports that origin proxies may request in addition
 * @param protocols the protocols at the control address, one or more
 * @param bore the server for bore's clients, if they are served at any address
 * @param secrets the secrets of origin proxies that log in without the name of a client; each is
 *     accepted
 * @param clientTable the clients, each with a name and a secret of its own; if it is present and
 *     there are no secrets, only these clients can log in, and with an empty list no origin proxy
 * @param transport the transport of origin proxies' connections
 * @param tls its certificate, for TLS
 * @param openTimeout maximum time from a visitor's accept to the connection to the origin server
 * @param flowTimeout time without a datagram after which a flow of a UDP service ends
 * @param proxyHeaderFrom networks whose connections start with a PROXY header
 * @param rules rules for the visitors of each service
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
    List<ControlProtocol> protocols,
    Optional<BoreServerSettings> bore,
    List<Secret> secrets,
    Optional<List<ClientSettings>> clientTable,
    TransportSettings transport,
    Optional<TlsServerSettings> tls,
    Duration openTimeout,
    Duration flowTimeout,
    List<Cidr> proxyHeaderFrom,
    ServiceRules rules,
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
    protocols = List.copyOf(protocols);
    secrets = List.copyOf(secrets);
    clientTable = clientTable.map(List::copyOf);
    proxyHeaderFrom = List.copyOf(proxyHeaderFrom);
    boolean hasBoreAddress = bore.flatMap(BoreServerSettings::address).isPresent();
    if (control.isEmpty() && groups.isEmpty() && !hasBoreAddress) {
      throw new SettingException(
          "neither %s nor %s is given: no origin proxy can connect",
          Setting.CONTROL_ADDR, Setting.CONTROL_VIA);
    }
    if (hasBoreAddress && ports.isEmpty()) {
      throw new SettingException(
          "%s requires %s: each bore client requests a port",
          Setting.BORE_ADDR, Setting.PORT_RANGE);
    }
    checkProtocols(protocols, control.isPresent(), ports.isPresent(), bore.isPresent());
    if (new HashSet<>(groups).size() < groups.size()) {
      throw new SettingException(
          "%s names the same group twice: each origin proxy needs a separate group",
          Setting.CONTROL_VIA);
    }
    bounce.check(groups);
    Checks.distinct(Setting.OUTSIDE_ADDR, services);
    Checks.sockets(Setting.OUTSIDE_ADDR, services);
    checkListeners(control, bore, services);
    rules.check(services);
    if (secrets.size() > MAX_SECRETS) {
      throw new SettingException(
          "%s is given more than %s times", Setting.SECRET_FILE, MAX_SECRETS);
    }
    ClientSettings.checkSecrets(secrets, clientTable.orElse(List.of()));
    if (bore.isPresent()) {
      bore.get().checkClients(clientTable);
    }
    boolean hasSecret = !secrets.isEmpty() || clientTable.isPresent();
    transport.check(Setting.TRANSPORT, hasSecret, tls.isPresent(), false);
    Checks.certificate(Setting.TRANSPORT, transport.kind(hasSecret), tls);
    Checks.positive(Setting.OPEN_TIMEOUT, openTimeout, "no visitor could be served");
    Checks.positive(Setting.FLOW_TIMEOUT, flowTimeout, "each datagram would be a flow");
  }

  private static void checkProtocols(
      List<ControlProtocol> protocols, boolean hasControl, boolean hasPorts, boolean isBore) {
    if (protocols.isEmpty()) {
      throw new SettingException("%s names no protocol", Setting.PROTOCOL);
    }
    if (new HashSet<>(protocols).size() < protocols.size()) {
      throw new SettingException("%s names a protocol twice", Setting.PROTOCOL);
    }
    if (protocols.contains(ControlProtocol.TRP) && protocols.size() > 1) {
      throw new SettingException(
          "%s trp cannot be combined with another protocol: its connections can begin with any"
              + " bytes or with none",
          Setting.PROTOCOL);
    }
    if (!protocols.contains(ControlProtocol.BORE)) {
      return;
    }
    if (!protocols.contains(ControlProtocol.NATIVE)) {
      throw new SettingException(
          "%s bore requires native as well; set %s for an address with bore clients only",
          Setting.PROTOCOL, Setting.BORE_ADDR);
    }
    if (!hasControl) {
      throw new SettingException("%s bore requires %s", Setting.PROTOCOL, Setting.CONTROL_ADDR);
    }
    if (!hasPorts) {
      throw new SettingException(
          "%s bore requires %s: each bore client requests a port",
          Setting.PROTOCOL, Setting.PORT_RANGE);
    }
    if (!isBore) {
      throw new IllegalArgumentException("no settings for the protocol bore");
    }
  }

  private static void checkListeners(
      Optional<HostPort> control,
      Optional<BoreServerSettings> bore,
      List<ServiceAddress> services) {
    var listeners = new ListenAddresses();
    listeners.add(Setting.CONTROL_ADDR, control);
    listeners.add(Setting.BORE_ADDR, bore.flatMap(BoreServerSettings::address));
    var udpListeners = new ListenAddresses();
    var sockets = new SocketPaths();
    for (ServiceAddress service : services) {
      var setting = new ServiceSetting(Setting.OUTSIDE_ADDR, service.service());
      switch (service.address()) {
        case HostPort address ->
            (service.type() == ServiceType.UDP ? udpListeners : listeners)
                .add(setting, Optional.of(address));
        case UnixPath path -> sockets.add(setting, path);
      }
    }
  }

  /**
   * Returns these settings with the values of a running role that do not change while it runs: the
   * limits on memory and on unauthenticated connections, the times of handshakes and heartbeats,
   * and the log period. Secrets that are equal are those of the running role, so that a typed one
   * is not derived again.
   */
  public RemoteSettings keeping(RemoteSettings running) {
    return new RemoteSettings(
        control,
        groups,
        bounce,
        services,
        ports,
        protocols,
        bore,
        secrets.stream().map(secret -> secret.in(running.allSecrets())).toList(),
        keptClients(running),
        transport,
        tls,
        openTimeout,
        flowTimeout,
        proxyHeaderFrom,
        rules,
        connectionLimits.keeping(running.connectionLimits),
        timeouts.keeping(running.timeouts),
        running.resourceLimits);
  }

  private Optional<List<ClientSettings>> keptClients(RemoteSettings running) {
    Map<Secret, Secret> known =
        running.allSecrets().stream()
            .collect(Collectors.toMap(one -> one, one -> one, (a, b) -> a));
    return clientTable.map(all -> all.stream().map(client -> client.keeping(known)).toList());
  }

  private List<Secret> allSecrets() {
    return Stream.concat(secrets.stream(), clients().stream().map(ClientSettings::secret)).toList();
  }

  /** The default of {@code --flow-timeout}. */
  public static final Duration DEFAULT_FLOW_TIMEOUT = Duration.ofSeconds(60);

  /** Returns the clients; none if there is no table of clients. */
  public List<ClientSettings> clients() {
    return clientTable.orElse(List.of());
  }

  /** Returns whether an origin proxy must prove a secret: that of a client, or another one. */
  public boolean hasSecret() {
    return !secrets.isEmpty() || clientTable.isPresent();
  }

  /** Returns whether only clients can log in. */
  public boolean isClientRequired() {
    return secrets.isEmpty() && clientTable.isPresent();
  }

  /** Returns whether an origin proxy must authenticate before it can register services. */
  public boolean isPeerAuthenticated() {
    return hasSecret()
        || transport.noise().filter(noise -> !noise.peers().isEmpty()).isPresent()
        || tls.filter(given -> given.clientAuthorities().isPresent()).isPresent();
  }
}
