package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.BoreServerSettings;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.ServiceAddress;
import culvert.dialect.bore.BoreDialect;
import culvert.dialect.culvert.NativeDialect;
import culvert.mux.Heartbeat;
import culvert.mux.Link;
import culvert.mux.StreamEviction;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.MemoryBudget;
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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The remote-proxy role: accepts visitors at its public addresses and carries them to the origin
 * proxies that have logged in at its control address.
 */
public final class RemoteProxy implements AutoCloseable {

  /** For accepted visitors without a stream, before sessions start to drain. */
  private static final Duration ADMISSION_LIMIT = Duration.ofSeconds(1);

  /** Larger at bore's address, where each data channel starts as an unauthenticated connection. */
  private static final int BORE_MAX_UNAUTHENTICATED = 4096;

  private static final int BORE_MAX_UNAUTHENTICATED_PER_ADDRESS = 1024;

  /** Heap of an unauthenticated connection, with its thread and a first message. */
  private static final int PLAIN_BYTES = 16 * 1024;

  /** Heap of an unauthenticated connection during a TLS handshake. */
  private static final int TLS_BYTES = 96 * 1024;

  /** From the lookup of a bounce server's name until its group is joined. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  private static final long MEBIBYTE = 1024 * 1024;

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool;
  private final Counters counters = new Counters();
  private final StreamEviction eviction;

  /** Accept visitors. */
  private final List<Listener> listeners = new ArrayList<>();

  /** Accept origin proxies and bore's clients. */
  private final List<Listener> controlListeners = new ArrayList<>();

  private final List<GroupEndpoint> groups = new ArrayList<>();
  private final List<GroupConnector> connectors = new ArrayList<>();
  private final Map<String, HostPort> outside = new LinkedHashMap<>();
  private final Log log;
  private Listener control;
  private Listener bore;
  private Registry registry;
  private final List<ControlHandler> handlers = new ArrayList<>();
  private SessionHandler sessions;
  private VisitorHandler visitors;

  private RemoteProxy(ResourceLimits bounds, Log log) {
    this.pool = new BufferPool(new MemoryBudget(bounds.bufferedBytes().bytes()));
    this.eviction = new StreamEviction(pool.budget(), counters.adder(Counter.STREAMS_NOT_DRAINED));
    this.log = log;
  }

  /**
   * Binds every address and starts to serve.
   *
   * @throws IOException if an address cannot be bound; the message names it, and none stays bound
   */
  public static RemoteProxy start(RemoteSettings settings, Log log) throws IOException {
    return start(settings, log, shared -> new NativeDialect(settings, shared, log::warn));
  }

  /** Creates a dialect from what it may use of the role. */
  @FunctionalInterface
  public interface DialectMaker {
    /** Returns the role's only dialect, which lives as long as the arguments. */
    Dialect of(Deadlines deadlines);
  }

  /** Starts a remote proxy with another protocol than the native one at the control address. */
  public static RemoteProxy start(RemoteSettings settings, DialectMaker maker, Log log)
      throws IOException {
    return start(settings, log, shared -> maker.of(shared.deadlines()));
  }

  /** Starts a remote proxy with any protocol at the control address. */
  static RemoteProxy start(RemoteSettings settings, Log log, Function<Link.Shared, Dialect> dialect)
      throws IOException {
    var proxy = new RemoteProxy(settings.resourceLimits(), log);
    try {
      proxy.bind(settings, dialect);
    } catch (IOException | RuntimeException e) {
      proxy.close();
      throw e;
    }
    proxy.logLimits(settings);
    proxy.controlListeners.forEach(Listener::start);
    proxy.listeners.forEach(Listener::start);
    proxy.groups.forEach(GroupEndpoint::start);
    return proxy;
  }

  /** Writes the first line of the log: the limits whose defaults depend on the heap. */
  private void logLimits(RemoteSettings settings) {
    log.info(
        event("limits set")
            .with("heap", Runtime.getRuntime().maxMemory() / MEBIBYTE + "M")
            .with("max-visitors", settings.connectionLimits().visitors())
            .with("max-buffer", pool.budget().limit() / MEBIBYTE + "M"));
  }

  private void bind(RemoteSettings settings, Function<Link.Shared, Dialect> dialects)
      throws IOException {
    visitors = new VisitorHandler(settings, deadlines, counters, log);
    for (ServiceAddress service : settings.services()) {
      Listener listener =
          Listener.bind(service.address(), "visitor", pool, visitors.forService(service.service()));
      listeners.add(listener);
      outside.put(service.service(), HostPort.of(listener.address()));
    }
    var sessionLog = new SessionLog(settings.timeouts().logPeriod(), counters, log);
    registry = registry(settings, sessionLog);
    HandshakeLimiter limiter = limiter(settings, settings.connectionLimits(), bytesEach(settings));
    sessions = new SessionHandler(registry, limiter, counters, sessionLog);
    ControlHandler handler = control(settings, limiter, dialects.apply(shared(settings)));
    if (settings.control().isPresent()) {
      control = Listener.bind(settings.control().get(), "control", pool, handler);
      controlListeners.add(control);
    }
    if (settings.bore().isPresent()) {
      bore = listenForBore(settings, settings.bore().get());
      controlListeners.add(bore);
    }
    for (GroupAddress group : settings.groups()) {
      var join =
          new GroupConnector(
              group,
              settings.bounce(),
              BounceGreeting.AS_IMPLEMENTED,
              PeerNames.BOUNCE_SERVER_OF_PROXY,
              pool,
              log::warn);
      connectors.add(join);
      var route = Route.into(join, Optional.empty(), JOIN_LIMIT, new Dialer(pool), deadlines);
      groups.add(new GroupEndpoint(group, route, handler, counters, log));
    }
  }

  private Registry registry(RemoteSettings settings, SessionLog sessionLog) {
    boolean isConfirmed = settings.isPeerAuthenticated();
    var services = new ServiceTable(outside);
    visitors.setServices(services);
    var roster = new Roster(settings.connectionLimits().sessions(), isConfirmed);
    return new Registry(
        new RegistryTables(roster, services, new PortTable(settings.ports())),
        port -> PortListener.bind(settings.ports().orElseThrow().at(port), visitors, pool),
        deadlines,
        counters,
        sessionLog);
  }

  /** Every visitor of a bore client brings a connection that is briefly unauthenticated. */
  private Listener listenForBore(RemoteSettings settings, BoreServerSettings given)
      throws IOException {
    ConnectionLimits usual = settings.connectionLimits();
    var wider =
        new ConnectionLimits(
            usual.visitors(),
            usual.visitorsPerAddress(),
            usual.sessions(),
            BORE_MAX_UNAUTHENTICATED,
            BORE_MAX_UNAUTHENTICATED_PER_ADDRESS);
    var dialect = new BoreDialect(given.secrets(), deadlines);
    return Listener.bind(
        given.address(),
        "bore",
        pool,
        control(settings, limiter(settings, wider, PLAIN_BYTES), dialect));
  }

  private static int bytesEach(RemoteSettings settings) {
    boolean isTls = settings.transport().kind(!settings.secrets().isEmpty()).isTls();
    return isTls ? TLS_BYTES : PLAIN_BYTES;
  }

  private HandshakeLimiter limiter(
      RemoteSettings settings, ConnectionLimits admission, int bytesEach) {
    return new HandshakeLimiter(
        HandshakeLimiter.maxInHeap(admission.unauthenticated(), bytesEach),
        admission.unauthenticatedPerAddress(),
        settings.timeouts().handshake(),
        deadlines,
        counters.adder(Counter.SLOW_HANDSHAKES),
        counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  private ControlHandler control(
      RemoteSettings settings, HandshakeLimiter limiter, Dialect dialect) {
    var handler =
        new ControlHandler(
            dialect, sessions, limiter, settings.timeouts().logPeriod(), deadlines, counters, log);
    handlers.add(handler);
    return handler;
  }

  private Link.Shared shared(RemoteSettings settings) {
    return new Link.Shared(
        pool,
        eviction,
        deadlines,
        new Heartbeat(settings.timeouts().heartbeat(), settings.timeouts().heartbeatTimeout()),
        (int) settings.resourceLimits().streamBytes().bytes(),
        counters.adder(Counter.LATE_FRAMES),
        counters.adder(Counter.DATAGRAMS_DROPPED));
  }

  /**
   * Returns the bound control address.
   *
   * @throws IllegalStateException if the settings have none
   */
  public HostPort controlAddress() {
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
  public HostPort boreAddress() {
    if (bore == null) {
      throw new IllegalStateException("this remote proxy has no address for bore's clients");
    }
    return HostPort.of(bore.address());
  }

  /** Returns each service's bound public address, in the order of the settings. */
  public Map<String, HostPort> outsideAddresses() {
    return Collections.unmodifiableMap(outside);
  }

  /** Returns the counters of this role. */
  public Counters counters() {
    return counters;
  }

  /** Returns how many bytes all streams hold now. */
  public long heldBytes() {
    return pool.budget().held();
  }

  /** Returns how many large buffers are in use now. */
  public int borrowedBuffers() {
    return pool.borrowed();
  }

  /**
   * Stops accepting, notifies every origin proxy, and lets connected visitors finish.
   *
   * @param limit how long it waits for them
   * @return whether all of them finished
   */
  public boolean drain(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    Duration soon = limit.compareTo(ADMISSION_LIMIT) < 0 ? limit : ADMISSION_LIMIT;
    listeners.forEach(Listener::close);
    groups.forEach(GroupEndpoint::end);
    registry.close();
    visitors.awaitAdmitted(soon);
    // The data channels of the last visitors connect to these listeners.
    handlers.forEach(handler -> handler.awaitClaims(soon));
    controlListeners.forEach(Listener::close);
    handlers.forEach(ControlHandler::close);
    sessions.drain();
    // A session ends after the last byte of its last visitor.
    return visitors.awaitEmpty(Duration.ofNanos(until - System.nanoTime()))
        && sessions.awaitEmpty(Duration.ofNanos(until - System.nanoTime()));
  }

  /**
   * Applies settings that differ from the current ones only in the content of files. New
   * connections use them; sessions stay.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(RemoteSettings changed) {
    var prepared = new ArrayList<Runnable>();
    handlers.forEach(handler -> prepared.add(handler.prepareReload(changed)));
    connectors.forEach(connector -> prepared.add(connector.prepareReload(changed.bounce())));
    prepared.forEach(Runnable::run);
  }

  /** Ends a pause before the next attempt to join a group. */
  public void tryNow() {
    groups.forEach(GroupEndpoint::tryNow);
  }

  /** Returns how many visitors are connected now. */
  public int visitors() {
    return visitors.count();
  }

  /** Stops accepting, ends every session, and resets every visitor. */
  @Override
  public void close() {
    controlListeners.forEach(Listener::close);
    listeners.forEach(Listener::close);
    groups.forEach(GroupEndpoint::end);
    if (registry != null) {
      registry.close();
    }
    handlers.forEach(ControlHandler::close);
    if (sessions != null) {
      sessions.close();
    }
    groups.forEach(GroupEndpoint::close);
    if (visitors != null) {
      visitors.close();
    }
    deadlines.close();
  }
}
