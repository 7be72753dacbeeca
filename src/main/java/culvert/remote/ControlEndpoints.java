package culvert.remote;

import culvert.config.BoreServerSettings;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.RemoteSettings;
import culvert.dialect.bore.BoreDialect;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.route.Route;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The places at which a remote proxy meets origin proxies: its control address, its address for
 * bore's clients, and channel groups. The thread that starts the role binds them; no other is added
 * later.
 */
final class ControlEndpoints implements AutoCloseable {

  /** Larger at bore's address, where each data channel starts as an unauthenticated connection. */
  private static final int BORE_MAX_UNAUTHENTICATED = 4096;

  private static final int BORE_MAX_UNAUTHENTICATED_PER_ADDRESS = 1024;

  /** Heap of an unauthenticated connection, with its thread and a first message. */
  private static final int PLAIN_BYTES = 16 * 1024;

  /** Heap of an unauthenticated connection during a TLS handshake. */
  private static final int TLS_BYTES = 96 * 1024;

  /** From the lookup of a bounce server's name until its group is joined. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  private final RemoteSettings settings;
  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final HandshakeLimiter limiter;

  private final List<Listener> listeners = new ArrayList<>();
  private final List<ControlHandler> handlers = new ArrayList<>();
  private final List<GroupConnector> connectors = new ArrayList<>();
  private final List<GroupEndpoint> groups = new ArrayList<>();
  private Listener control;
  private Listener bore;

  /** Creates endpoints that are not bound yet. */
  ControlEndpoints(
      RemoteSettings settings, BufferPool pool, Deadlines deadlines, Counters counters, Log log) {
    this.settings = settings;
    this.pool = pool;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    boolean isTls = settings.transport().kind(!settings.secrets().isEmpty()).isTls();
    this.limiter = limiter(settings.connectionLimits(), isTls ? TLS_BYTES : PLAIN_BYTES);
  }

  /** Returns the limiter of unauthenticated connections, except those at bore's address. */
  HandshakeLimiter limiter() {
    return limiter;
  }

  /**
   * Binds all addresses. Connections queue until {@link #startListeners}.
   *
   * @param dialect the protocol at the control address and in channel groups
   * @param sessions runs each session that is established
   * @throws IOException if an address cannot be bound; those that are bound stay so
   */
  void bind(Dialect dialect, SessionHandler sessions) throws IOException {
    ControlHandler handler = handler(dialect, sessions, limiter);
    if (settings.control().isPresent()) {
      control = Listener.bind(settings.control().get(), "control", pool, handler);
      listeners.add(control);
    }
    if (settings.bore().isPresent()) {
      bore = bindBore(settings.bore().get(), sessions);
      listeners.add(bore);
    }
    settings.groups().forEach(group -> groups.add(endpoint(group, handler)));
  }

  /** Every visitor of a bore client brings a connection that is briefly unauthenticated. */
  private Listener bindBore(BoreServerSettings given, SessionHandler sessions) throws IOException {
    ConnectionLimits usual = settings.connectionLimits();
    var wider =
        new ConnectionLimits(
            usual.visitors(),
            usual.visitorsPerAddress(),
            usual.sessions(),
            BORE_MAX_UNAUTHENTICATED,
            BORE_MAX_UNAUTHENTICATED_PER_ADDRESS);
    var dialect = new BoreDialect(given.secrets(), deadlines);
    ControlHandler handler = handler(dialect, sessions, limiter(wider, PLAIN_BYTES));
    return Listener.bind(given.address(), "bore", pool, handler);
  }

  private GroupEndpoint endpoint(GroupAddress group, ControlHandler handler) {
    var connector =
        new GroupConnector(
            group,
            settings.bounce(),
            BounceGreeting.AS_IMPLEMENTED,
            PeerNames.BOUNCE_SERVER_OF_PROXY,
            pool,
            log);
    connectors.add(connector);
    var route = Route.into(connector, Optional.empty(), JOIN_LIMIT, new Dialer(pool), deadlines);
    return new GroupEndpoint(group, route, handler, counters, log);
  }

  private ControlHandler handler(Dialect dialect, SessionHandler sessions, HandshakeLimiter max) {
    Duration logPeriod = settings.timeouts().logPeriod();
    var handler = new ControlHandler(dialect, sessions, max, logPeriod, deadlines, counters, log);
    handlers.add(handler);
    return handler;
  }

  private HandshakeLimiter limiter(ConnectionLimits max, int bytesEach) {
    return new HandshakeLimiter(
        HandshakeLimiter.maxInHeap(max.unauthenticated(), bytesEach),
        max.unauthenticatedPerAddress(),
        settings.timeouts().handshake(),
        deadlines,
        counters.adder(Counter.SLOW_HANDSHAKES),
        counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  /** Starts to accept at all addresses. */
  void startListeners() {
    listeners.forEach(Listener::start);
  }

  /** Starts to join the channel groups. */
  void startGroups() {
    groups.forEach(GroupEndpoint::start);
  }

  /**
   * Returns the bound control address.
   *
   * @throws IllegalStateException if the settings have none
   */
  HostPort controlAddress() {
    if (control == null) {
      throw new IllegalStateException("this remote proxy has no control address");
    }
    return HostPort.of(control.address());
  }

  /**
   * Returns the bound address for bore's clients.
   *
   * @throws IllegalStateException if the settings have no such address
   */
  HostPort boreAddress() {
    if (bore == null) {
      throw new IllegalStateException("this remote proxy has no address for bore's clients");
    }
    return HostPort.of(bore.address());
  }

  /**
   * Prepares the use of settings that differ only in the content of files.
   *
   * @return applies them
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  Runnable prepareReload(RemoteSettings changed) {
    var prepared = new ArrayList<Runnable>();
    handlers.forEach(handler -> prepared.add(handler.prepareReload(changed)));
    connectors.forEach(connector -> prepared.add(connector.prepareReload(changed.bounce())));
    return () -> prepared.forEach(Runnable::run);
  }

  /** Ends a pause before the next attempt to join a group. */
  void tryNow() {
    groups.forEach(GroupEndpoint::tryNow);
  }

  /** Calls {@link GroupEndpoint#end} for each channel group. */
  void endGroups() {
    groups.forEach(GroupEndpoint::end);
  }

  /** Waits for requested data channels, as {@link Dialect#awaitClaims} does. */
  void awaitClaims(Duration limit) {
    handlers.forEach(handler -> handler.awaitClaims(limit));
  }

  /** Closes the listeners; connections that were accepted stay. */
  void closeListeners() {
    listeners.forEach(Listener::close);
  }

  /** Ends every handshake in progress and rejects later connections. */
  void closeHandshakes() {
    handlers.forEach(ControlHandler::close);
  }

  /** Leaves the groups and waits until connected origin proxies are gone. */
  @Override
  public void close() {
    groups.forEach(GroupEndpoint::close);
  }
}
