package culvert.testing;

import culvert.cli.OriginProxies;
import culvert.cli.RemoteEndpoints;
import culvert.config.BoreSecret;
import culvert.config.BoreServerSettings;
import culvert.config.BounceCredentials;
import culvert.config.ClientSettings;
import culvert.config.ConnectionLimits;
import culvert.config.ControlProtocol;
import culvert.config.GroupAddress;
import culvert.config.HealthChecks;
import culvert.config.OriginSettings;
import culvert.config.PortRange;
import culvert.config.RemoteAddress;
import culvert.config.RemoteRoute;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.config.ServiceRules;
import culvert.config.ServiceType;
import culvert.config.Timeouts;
import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.config.WebSocketSettings;
import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.Threads;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Both roles in one JVM with a shared log, for one service and one origin server. */
public final class RolePair implements AutoCloseable {

  /** Long enough for a slow machine, short enough for a hanging test. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

  /** The secret of both sides unless a test sets another. */
  public static final String SECRET = "culvert-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9jDc0p";

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  private final TestLog log = new TestLog();
  private final RemoteProxy remote;
  private final OriginProxy origin;
  private RelayedLink link;
  private final CompletableFuture<String> announced = new CompletableFuture<>();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();

  /** Settings in which a test can differ from the defaults. */
  public static final class Options {
    String remoteSecret = SECRET;
    String originSecret = SECRET;
    Optional<List<ClientSettings>> clients = Optional.empty();
    Optional<String> client = Optional.empty();
    TransportSettings remoteTransport = TransportSettings.DEFAULT;
    TransportSettings originTransport = TransportSettings.DEFAULT;
    Optional<TlsServerSettings> remoteTls = Optional.empty();
    Optional<TlsClientSettings> originTls = Optional.empty();
    Duration openTimeout = LIMIT;
    Duration flowTimeout = LIMIT;
    ServiceType type = ServiceType.TCP;
    List<ServiceAddress> others = List.of();
    Duration halfClose = LIMIT;
    Optional<Duration> idle = Optional.empty();
    Duration handshake = LIMIT;
    Duration heartbeat = Timeouts.DEFAULT.heartbeat();
    Duration heartbeatTimeout = LIMIT;
    Duration drain = LIMIT;
    Duration logPeriod = Timeouts.DEFAULT.logPeriod();
    ResourceLimits bounds = ResourceLimits.DEFAULT;
    ConnectionLimits admission = new ConnectionLimits(4096, 1024, 256, 64);
    String name = "laptop";
    List<Cidr> proxyHeaderFrom = List.of();
    ServiceRules rules = ServiceRules.NONE;
    Optional<ProxyHeader.Version> proxyHeader = Optional.empty();
    HealthChecks healthChecks = HealthChecks.NONE;
    OptionalInt outsidePort = OptionalInt.empty();
    boolean isShared;
    Optional<PortRange> ports = Optional.empty();
    List<ControlProtocol> protocols = List.of(ControlProtocol.NATIVE);
    Optional<BoreServerSettings> bore = Optional.empty();
    String offered = ServiceAddress.DEFAULT_NAME;
    Duration connectTimeout = LIMIT;
    boolean failFast = true;
    Duration retryMax = Duration.ofSeconds(30);
    List<GroupAddress> meetings = List.of();
    BounceCredentials bounce = BounceCredentials.DEFAULT;

    /** Connects the sides through channel groups; the origin proxy joins the first group. */
    public Options meeting(BounceCredentials access, GroupAddress... groups) {
      meetings = List.of(groups);
      bounce = access;
      return this;
    }

    /** Sets the secrets of both sides; null stands for none. */
    public Options secrets(String ofRemote, String ofOrigin) {
      remoteSecret = ofRemote;
      originSecret = ofOrigin;
      return this;
    }

    /** Sets the clients of the remote proxy; there may be none. */
    public Options clients(ClientSettings... all) {
      clients = Optional.of(List.of(all));
      return this;
    }

    /** Makes the origin proxy log in as a client, with the secret of the origin side. */
    public Options asClient(String client, String secret) {
      this.client = Optional.of(client);
      originSecret = secret;
      return this;
    }

    /** Makes the origin proxy log in as no client, with this secret; null stands for none. */
    public Options asNoClient(String secret) {
      this.client = Optional.empty();
      originSecret = secret;
      return this;
    }

    /** Uses the plain transport between the proxies, for scripted peers. */
    public Options plain() {
      return transport(TransportKind.PLAIN);
    }

    /** Uses this transport on both sides, without keys. */
    public Options transport(TransportKind kind) {
      var same =
          new TransportSettings(Optional.of(kind), Optional.empty(), WebSocketSettings.DEFAULT);
      return transports(same, same);
    }

    /** Uses TLS: the remote proxy's certificate and the origin proxy's trust settings. */
    public Options tls(TlsServerSettings ofRemote, TlsClientSettings ofOrigin) {
      remoteTls = Optional.of(ofRemote);
      originTls = Optional.of(ofOrigin);
      return this;
    }

    /** Sets the transport of each side. */
    public Options transports(TransportSettings ofRemote, TransportSettings ofOrigin) {
      remoteTransport = ofRemote;
      originTransport = ofOrigin;
      return this;
    }

    /** Sets the time limit from a visitor's accept to the origin server's accepted connection. */
    public Options openTimeout(Duration limit) {
      openTimeout = limit;
      return this;
    }

    /** Makes the service a UDP service on both sides. */
    public Options udp() {
      type = ServiceType.UDP;
      return this;
    }

    /** Adds a TCP service with this name and origin server. */
    public Options alsoTcp(String name, HostPort server) {
      others = List.of(new ServiceAddress(name, server));
      return this;
    }

    /** Sets the maximum number of flows of UDP visitors. */
    public Options maxFlows(int max) {
      ResourceLimits usual = ResourceLimits.DEFAULT;
      bounds =
          new ResourceLimits(
              usual.streams(),
              usual.opens(),
              usual.opensPerService(),
              max,
              usual.streamBytes(),
              usual.bufferedBytes());
      return this;
    }

    /** Sets the idle timeout of the flows of UDP visitors. */
    public Options flowTimeout(Duration limit) {
      flowTimeout = limit;
      return this;
    }

    /** Sets the idle timeout of a half-closed relay. */
    public Options halfClose(Duration limit) {
      halfClose = limit;
      return this;
    }

    /** Sets the idle timeout of a relay whose directions are both open. */
    public Options idle(Duration limit) {
      idle = Optional.of(limit);
      return this;
    }

    /** Sets the time limit from accept to an established session. */
    public Options handshake(Duration limit) {
      handshake = limit;
      return this;
    }

    /** Sets the maximum number of concurrent visitors. */
    public Options maxVisitors(int max) {
      return admission(new ConnectionLimits(max, 1024, 256, 64));
    }

    /** Sets the connection limits of the remote proxy. */
    public Options admission(ConnectionLimits limits) {
      admission = limits;
      return this;
    }

    /** Sets the heartbeat interval and timeout. */
    public Options heartbeat(Duration every, Duration timeout) {
      heartbeat = every;
      heartbeatTimeout = timeout;
      return this;
    }

    /** Sets the origin proxy's name. */
    public Options name(String text) {
      name = text;
      return this;
    }

    /** Makes the origin proxy retry indefinitely. */
    public Options retrying() {
      failFast = false;
      return this;
    }

    /** Makes the origin proxy retry indefinitely with pauses of at most {@code pause}. */
    public Options retryingWithin(Duration pause) {
      retryMax = pause;
      return retrying();
    }

    /** Makes the remote proxy expect a PROXY header from visitors on loopback. */
    public Options proxyHeaderFromLoopback() {
      return proxyHeaderFrom(Cidr.parse("127.0.0.0/8"));
    }

    /** Sets the network whose connections start with a PROXY header at the remote proxy. */
    public Options proxyHeaderFrom(Cidr network) {
      proxyHeaderFrom = List.of(network);
      return this;
    }

    /** Sets the remote proxy's rules for visitors. */
    public Options rules(ServiceRules given) {
      rules = given;
      return this;
    }

    /** Makes the origin proxy send a PROXY header to the origin server. */
    public Options proxyHeader(ProxyHeader.Version version) {
      proxyHeader = Optional.of(version);
      return this;
    }

    /** Sets how the origin proxy checks its origin servers. */
    public Options healthChecks(HealthChecks given) {
      healthChecks = given;
      return this;
    }

    /** Sets the remote proxy's port range and the port that the origin proxy requests; 0 is any. */
    public Options outsidePort(PortRange given, int asked) {
      ports = Optional.of(given);
      return outsidePort(asked);
    }

    /** Sets the port that the origin proxy requests; 0 is any. */
    public Options outsidePort(int asked) {
      outsidePort = OptionalInt.of(asked);
      return this;
    }

    /** Makes the origin proxy share its service with others. */
    public Options shared() {
      isShared = true;
      return this;
    }

    /** Sets the service that the origin proxy offers. */
    public Options offered(String service) {
      offered = service;
      return this;
    }

    /** Makes the remote proxy serve bore clients at its control address too. */
    public Options boreAtControl(PortRange given, BoreSecret... secrets) {
      protocols = List.of(ControlProtocol.NATIVE, ControlProtocol.BORE);
      return bore(new BoreServerSettings(Optional.empty(), List.of(secrets)), given);
    }

    /** Makes the remote proxy, which serves bore clients, serve them at this address too. */
    public Options boreAddress(HostPort address) {
      bore = Optional.of(new BoreServerSettings(address, bore.orElseThrow().secrets()));
      return this;
    }

    /** Sets the protocols at the control address of the remote proxy. */
    public Options protocols(ControlProtocol... served) {
      protocols = List.of(served);
      return this;
    }

    /** Makes the remote proxy serve bore clients, each on a port of {@code given}. */
    public Options bore(BoreServerSettings served, PortRange given) {
      bore = Optional.of(served);
      ports = Optional.of(given);
      return this;
    }

    /** Sets how long visitors may finish when a side stops. */
    public Options drain(Duration limit) {
      drain = limit;
      return this;
    }

    /** Sets the timeout for connecting to the remote proxy or to the origin server. */
    public Options connectTimeout(Duration limit) {
      connectTimeout = limit;
      return this;
    }

    /** Sets the resource limits of each side. */
    public Options bounds(ResourceLimits max) {
      bounds = max;
      return this;
    }

    /** Logs every fault of a source, without rate limiting. */
    public Options everyLine() {
      logPeriod = Duration.ofNanos(1);
      return this;
    }

    private Timeouts timing() {
      return new Timeouts(
          handshake, heartbeat, heartbeatTimeout, halfClose, idle, drain, logPeriod);
    }

    /** Returns the settings of a remote proxy on free ports. */
    public RemoteSettings remoteSettings() {
      return remoteSettings(
          Optional.of(ANY).filter(any -> meetings.isEmpty()),
          Stream.concat(
                  Stream.of(type.prefix() + ANY),
                  others.stream().map(other -> other.service() + "=" + ANY))
              .toArray(String[]::new));
    }

    /** Returns the settings of a remote proxy with this control address and these services. */
    public RemoteSettings remoteSettings(Optional<HostPort> control, String... services) {
      return new RemoteSettings(
          control,
          meetings,
          bounce,
          Stream.of(services).map(ServiceAddress::parse).toList(),
          ports,
          protocols,
          bore,
          Optional.ofNullable(remoteSecret).map(Secret::of).stream().toList(),
          clients,
          remoteTransport,
          remoteTls,
          openTimeout,
          flowTimeout,
          proxyHeaderFrom,
          rules,
          admission,
          timing(),
          bounds);
    }

    /** Returns the settings of an origin proxy with one remote proxy. */
    public OriginSettings originSettings(HostPort server, RemoteAddress remote) {
      return originSettings(server, List.of(remote));
    }

    /** Returns the settings of an origin proxy with these remote proxies. */
    public OriginSettings originSettings(HostPort server, List<RemoteAddress> remotes) {
      return originSettings(remotes, new ServiceAddress(offered, type, server).toString());
    }

    /** Returns the settings of an origin proxy with one remote proxy and these services. */
    public OriginSettings originSettings(RemoteAddress remote, String... services) {
      return originSettings(List.of(remote), services);
    }

    /** Returns the settings of an origin proxy with these remote proxies and services. */
    public OriginSettings originSettings(List<RemoteAddress> remotes, String... services) {
      return new OriginSettings(
          remotes.stream().map(RemoteRoute::direct).toList(),
          bounce,
          Stream.concat(Stream.of(services).map(ServiceAddress::parse), others.stream()).toList(),
          outsidePort,
          isShared,
          name,
          Optional.ofNullable(originSecret).map(Secret::of),
          client,
          originTransport,
          originTls,
          proxyHeader,
          healthChecks,
          connectTimeout,
          retryMax,
          failFast,
          timing(),
          bounds);
    }
  }

  /** Creates a tunnel to {@code server}; {@link #join} starts its origin proxy. */
  public RolePair(HostPort server, Options options) throws IOException {
    remote = remote(options);
    origin = origin(server, options, control(options));
  }

  /** Creates a tunnel whose origin proxy connects to {@code elsewhere}. */
  public RolePair(HostPort server, Options options, HostPort elsewhere) throws IOException {
    remote = remote(options);
    origin = origin(server, options, new RemoteAddress.Direct(elsewhere));
  }

  /** Starts a tunnel over a link that can fail; returns once its origin proxy serves. */
  public static RolePair overFaultyLink(HostPort server, Options options) throws Exception {
    return over(FaultyLink::new, server, options);
  }

  /** Starts a tunnel over a link of the test's choice; returns once its origin proxy serves. */
  public static RolePair over(LinkMaker maker, HostPort server, Options options) throws Exception {
    return new RolePair(server, options, maker).started();
  }

  /** Starts a tunnel over a link with this one-way delay; returns once its origin proxy serves. */
  public static RolePair farFrom(HostPort server, Duration delay, long bitsPerSecond)
      throws Exception {
    return over(control -> new SlowLink(control, delay, bitsPerSecond), server, new Options());
  }

  /** Makes a link. */
  @FunctionalInterface
  public interface LinkMaker {
    /** Creates a link to a remote proxy. */
    RelayedLink to(HostPort control) throws IOException;
  }

  private RolePair(HostPort server, Options options, LinkMaker maker) throws IOException {
    remote = remote(options);
    link = maker.to(remote.controlAddress());
    origin = origin(server, options, new RemoteAddress.Direct(link.address()));
  }

  private RolePair started() throws Exception {
    join();
    announced.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return this;
  }

  private RemoteAddress control(Options options) {
    return !options.meetings.isEmpty()
        ? options.meetings.getFirst()
        : new RemoteAddress.Direct(remote.controlAddress());
  }

  private RemoteProxy remote(Options options) throws IOException {
    return RemoteEndpoints.start(options.remoteSettings(), log.log());
  }

  private OriginProxy origin(HostPort server, Options options, RemoteAddress control) {
    return OriginProxies.of(
        options.originSettings(server, control),
        (service, address, at) -> announced.complete(service + "=" + address),
        log.log());
  }

  /** Starts a tunnel; returns once its origin proxy serves. */
  public static RolePair to(HostPort server) throws Exception {
    return to(server, new Options());
  }

  /** Starts a tunnel; returns once its origin proxy serves. */
  public static RolePair to(HostPort server, Options options) throws Exception {
    return new RolePair(server, options).started();
  }

  /** Returns the link of a tunnel made by {@link #overFaultyLink}. */
  public FaultyLink link() {
    return (FaultyLink) link;
  }

  /** Starts the origin proxy without waiting for it to serve. */
  public void join() {
    Threads.start("origin proxy", () -> end.complete(origin.run()));
  }

  /** Waits for the end of the origin proxy and returns its reason. */
  public OriginProxy.End end() throws Exception {
    return end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Connects a new visitor. */
  public Socket visit() throws IOException {
    return TestClient.dial(outside());
  }

  /** Connects a new visitor of another service. */
  public Socket visit(String service) throws IOException {
    return TestClient.dial(remote.outsideAddresses().get(service));
  }

  /** Returns the public address. */
  public HostPort outside() {
    return remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME);
  }

  /** Returns the remote proxy. */
  public RemoteProxy remote() {
    return remote;
  }

  /** Returns the origin proxy. */
  public OriginProxy origin() {
    return origin;
  }

  /** Returns all lines that both roles have logged so far. */
  public String log() {
    return log.text();
  }

  /** Waits for a log line that contains all parts. */
  public void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  @Override
  public void close() {
    origin.close();
    if (!end.isDone()) {
      try {
        end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new IllegalStateException("the origin proxy did not end", e);
      }
    }
    remote.close();
    if (link != null) {
      link.close();
    }
    log.close();
  }
}
