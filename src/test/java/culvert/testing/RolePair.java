package culvert.testing;

import culvert.config.BoreServerSettings;
import culvert.config.BounceCredentials;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.PortRange;
import culvert.config.RemoteAddress;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
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

/** Both roles in one JVM, with what they log, for one service in front of one origin server. */
public final class RolePair implements AutoCloseable {

  /** Long enough for a slow machine, short enough for a hanging test. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

  /** What both sides know unless a test says otherwise. */
  public static final String SECRET = "culvert-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9jDc0p";

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  private final TestLog log = new TestLog();
  private final RemoteProxy remote;
  private final OriginProxy origin;
  private RelayedLink link;
  private final CompletableFuture<String> announced = new CompletableFuture<>();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();

  /** What a test may want different from the usual. */
  public static final class Options {
    String remoteSecret = SECRET;
    String originSecret = SECRET;
    TransportSettings remoteTransport = TransportSettings.DEFAULT;
    TransportSettings originTransport = TransportSettings.DEFAULT;
    Optional<TlsServerSettings> remoteTls = Optional.empty();
    Optional<TlsClientSettings> originTls = Optional.empty();
    Duration openTimeout = LIMIT;
    Duration halfClose = LIMIT;
    Duration handshake = LIMIT;
    Duration heartbeat = Timeouts.DEFAULT.heartbeat();
    Duration heartbeatTimeout = LIMIT;
    Duration logPeriod = Timeouts.DEFAULT.logPeriod();
    ResourceLimits bounds = ResourceLimits.DEFAULT;
    ConnectionLimits admission = new ConnectionLimits(4096, 1024, 256, 64);
    String name = "laptop";
    List<Cidr> proxyHeaderFrom = List.of();
    Optional<ProxyHeader.Version> proxyHeader = Optional.empty();
    OptionalInt outsidePort = OptionalInt.empty();
    Optional<PortRange> ports = Optional.empty();
    Optional<BoreServerSettings> bore = Optional.empty();
    String offered = ServiceAddress.DEFAULT_NAME;
    Duration connectTimeout = LIMIT;
    boolean failFast = true;
    Duration retryMax = Duration.ofSeconds(30);
    List<GroupAddress> meetings = List.of();
    BounceCredentials bounce = BounceCredentials.DEFAULT;

    /** The sides meet in groups at a bounce server, the origin proxy in the first. */
    public Options meeting(BounceCredentials access, GroupAddress... groups) {
      meetings = List.of(groups);
      bounce = access;
      return this;
    }

    /** The secrets of both sides; null is none. */
    public Options secrets(String ofRemote, String ofOrigin) {
      remoteSecret = ofRemote;
      originSecret = ofOrigin;
      return this;
    }

    /** Nothing wraps the connection between the halves: for scripted peers. */
    public Options plain() {
      return transport(TransportKind.PLAIN);
    }

    /** The same on both sides, without keys. */
    public Options transport(TransportKind kind) {
      var same =
          new TransportSettings(Optional.of(kind), Optional.empty(), WebSocketSettings.DEFAULT);
      return transports(same, same);
    }

    /** Who the remote proxy shows itself to be over TLS, and how the origin proxy knows it. */
    public Options tls(TlsServerSettings ofRemote, TlsClientSettings ofOrigin) {
      remoteTls = Optional.of(ofRemote);
      originTls = Optional.of(ofOrigin);
      return this;
    }

    /** What wraps the connection between the halves, on each side. */
    public Options transports(TransportSettings ofRemote, TransportSettings ofOrigin) {
      remoteTransport = ofRemote;
      originTransport = ofOrigin;
      return this;
    }

    /** From a visitor's accept to the origin server's accepted connection. */
    public Options openTimeout(Duration limit) {
      openTimeout = limit;
      return this;
    }

    /** How long a half-closed relay may be silent. */
    public Options halfClose(Duration limit) {
      halfClose = limit;
      return this;
    }

    /** From accept to a standing session. */
    public Options handshake(Duration limit) {
      handshake = limit;
      return this;
    }

    /** How many visitors may be there. */
    public Options maxVisitors(int most) {
      return admission(new ConnectionLimits(most, 1024, 256, 64));
    }

    /** Whom the remote proxy lets in. */
    public Options admission(ConnectionLimits limits) {
      admission = limits;
      return this;
    }

    /** When a silent peer is asked, and when it is given up. */
    public Options heartbeat(Duration every, Duration timeout) {
      heartbeat = every;
      heartbeatTimeout = timeout;
      return this;
    }

    /** Under which name the origin proxy logs in. */
    public Options name(String text) {
      name = text;
      return this;
    }

    /** The origin proxy tries again and again. */
    public Options retrying() {
      failFast = false;
      return this;
    }

    /** The same, with pauses of so much at the most. */
    public Options retryingWithin(Duration pause) {
      retryMax = pause;
      return retrying();
    }

    /** Visitors on loopback begin with a PROXY header. */
    public Options proxyHeaderFromLoopback() {
      proxyHeaderFrom = List.of(Cidr.parse("127.0.0.0/8"));
      return this;
    }

    /** The origin server wants a PROXY header. */
    public Options proxyHeader(ProxyHeader.Version version) {
      proxyHeader = Optional.of(version);
      return this;
    }

    /** The remote proxy gives ports, and the origin proxy asks for one; 0 is any. */
    public Options outsidePort(PortRange given, int asked) {
      ports = Optional.of(given);
      return outsidePort(asked);
    }

    /** The origin proxy asks for a port; 0 is any. */
    public Options outsidePort(int asked) {
      outsidePort = OptionalInt.of(asked);
      return this;
    }

    /** The service that the origin proxy offers. */
    public Options offered(String service) {
      offered = service;
      return this;
    }

    /** The remote proxy serves bore's clients, who each have one of the ports. */
    public Options bore(BoreServerSettings served, PortRange given) {
      bore = Optional.of(served);
      ports = Optional.of(given);
      return this;
    }

    /** For a connection to the remote proxy or to the origin server. */
    public Options connectTimeout(Duration limit) {
      connectTimeout = limit;
      return this;
    }

    /** What each side holds at the most. */
    public Options bounds(ResourceLimits most) {
      bounds = most;
      return this;
    }

    /** A source has a log line about each of its faults. */
    public Options everyLine() {
      logPeriod = Duration.ofNanos(1);
      return this;
    }

    private Timeouts timing() {
      return new Timeouts(handshake, heartbeat, heartbeatTimeout, halfClose, LIMIT, logPeriod);
    }

    /** Of a remote proxy on free ports. */
    public RemoteSettings remoteSettings() {
      return remoteSettings(Optional.of(ANY).filter(any -> meetings.isEmpty()), ANY.toString());
    }

    /** Of one that origin proxies reach there, and visitors at the services. */
    public RemoteSettings remoteSettings(Optional<HostPort> control, String... services) {
      return new RemoteSettings(
          control,
          meetings,
          bounce,
          Stream.of(services).map(ServiceAddress::parse).toList(),
          ports,
          bore,
          Optional.ofNullable(remoteSecret).map(Secret::of).stream().toList(),
          remoteTransport,
          remoteTls,
          openTimeout,
          proxyHeaderFrom,
          admission,
          timing(),
          bounds);
    }

    /** Of an origin proxy. */
    public OriginSettings originSettings(HostPort server, RemoteAddress remote) {
      return new OriginSettings(
          remote,
          bounce,
          List.of(new ServiceAddress(offered, server)),
          outsidePort,
          name,
          Optional.ofNullable(originSecret).map(Secret::of),
          originTransport,
          originTls,
          Optional.empty(),
          proxyHeader,
          connectTimeout,
          retryMax,
          failFast,
          timing(),
          bounds);
    }
  }

  /** A tunnel to {@code server} whose origin proxy has not joined yet; see {@link #join}. */
  public RolePair(HostPort server, Options options) throws IOException {
    remote = remote(options);
    origin = origin(server, options, control(options));
  }

  /** The same, with an origin proxy that joins somewhere else. */
  public RolePair(HostPort server, Options options, HostPort elsewhere) throws IOException {
    remote = remote(options);
    origin = origin(server, options, new RemoteAddress.Direct(elsewhere));
  }

  /** A tunnel whose halves are joined by a link that can fail; its origin proxy serves. */
  public static RolePair overFaultyLink(HostPort server, Options options) throws Exception {
    return over(FaultyLink::new, server, options);
  }

  /** A tunnel whose halves are joined by a link of one's own; its origin proxy serves. */
  public static RolePair over(LinkMaker maker, HostPort server, Options options) throws Exception {
    var tunnel = new RolePair(server, options, maker);
    tunnel.join();
    tunnel.awaitServing();
    return tunnel;
  }

  /** A tunnel whose halves are {@code delay} apart each way, and whose origin proxy serves. */
  public static RolePair farFrom(HostPort server, Duration delay, long bitsPerSecond)
      throws Exception {
    var options = new Options();
    var tunnel =
        new RolePair(server, options, control -> new SlowLink(control, delay, bitsPerSecond));
    tunnel.join();
    tunnel.awaitServing();
    return tunnel;
  }

  /** Makes a link. */
  @FunctionalInterface
  public interface LinkMaker {
    /** One that leads to a remote proxy. */
    RelayedLink to(HostPort control) throws IOException;
  }

  private RolePair(HostPort server, Options options, LinkMaker maker) throws IOException {
    remote = remote(options);
    link = maker.to(remote.controlAddress());
    origin = origin(server, options, new RemoteAddress.Direct(link.address()));
  }

  private void awaitServing() throws Exception {
    announced.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private RemoteAddress control(Options options) {
    return !options.meetings.isEmpty()
        ? options.meetings.getFirst()
        : new RemoteAddress.Direct(remote.controlAddress());
  }

  private RemoteProxy remote(Options options) throws IOException {
    return RemoteProxy.start(options.remoteSettings(), log.log());
  }

  private OriginProxy origin(HostPort server, Options options, RemoteAddress control) {
    return new OriginProxy(
        options.originSettings(server, control),
        (service, address) -> announced.complete(service + "=" + address),
        log.log());
  }

  /** A tunnel whose origin proxy serves. */
  public static RolePair to(HostPort server) throws Exception {
    return to(server, new Options());
  }

  /** A tunnel whose origin proxy serves. */
  public static RolePair to(HostPort server, Options options) throws Exception {
    var tunnel = new RolePair(server, options);
    tunnel.join();
    tunnel.awaitServing();
    return tunnel;
  }

  /** The link between the halves, of a tunnel that was made over a faulty one. */
  public FaultyLink link() {
    return (FaultyLink) link;
  }

  /** Starts the origin proxy; does not wait. */
  public void join() {
    Threads.start("origin proxy", () -> end.complete(origin.run()));
  }

  /** How the origin proxy ended. */
  public OriginProxy.End end() throws Exception {
    return end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  /** A new visitor. */
  public Socket visit() throws IOException {
    return TestClient.dial(outside());
  }

  /** Where visitors come in. */
  public HostPort outside() {
    return remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME);
  }

  /** The remote role. */
  public RemoteProxy remote() {
    return remote;
  }

  /** The origin role. */
  public OriginProxy origin() {
    return origin;
  }

  /** What both roles have logged so far. */
  public String log() {
    return log.text();
  }

  /** Waits for a log line that contains all the words. */
  public void awaitLog(String... words) throws Exception {
    log.await(words);
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
