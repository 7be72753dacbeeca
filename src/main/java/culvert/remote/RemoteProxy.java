package culvert.remote;

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
import culvert.mux.MemoryBudget;
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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The remote-proxy role: visitors come in at its outside addresses and are carried to the origin
 * proxies that have joined at its control address.
 */
public final class RemoteProxy implements AutoCloseable {

  /** For visitors that were accepted and have no stream yet, before sessions begin to drain. */
  private static final Duration ADMISSION_LIMIT = Duration.ofSeconds(1);

  /** Of clients of bore's, whose data channels begin as they do. */
  private static final int BORE_HALF_OPEN = 4096;

  private static final int BORE_HALF_OPEN_PER_ADDR = 1024;

  /** From the lookup of a bounce server to being in a group of its. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters = new Counters();
  private final MemoryBudget budget;
  private final List<Listener> listeners = new ArrayList<>();

  /** Where those dial in who take visitors. */
  private final List<Listener> entrances = new ArrayList<>();

  private final List<GroupEndpoint> meetings = new ArrayList<>();
  private final Map<String, HostPort> outside = new LinkedHashMap<>();
  private final Log log;
  private Listener control;
  private Listener bore;
  private Ports ports;
  private final List<ControlHandler> handshakes = new ArrayList<>();
  private SessionHandler sessions;
  private VisitorHandler visitors;

  private RemoteProxy(ResourceLimits bounds, Log log) {
    this.budget =
        new MemoryBudget(
            bounds.bufferedBytes().bytes(), counters.adder(Counter.STREAMS_NOT_DRAINED));
    this.log = log;
  }

  /**
   * Binds every address and begins to serve.
   *
   * @throws IOException naming the address that could not be bound; then none is
   */
  public static RemoteProxy start(RemoteSettings settings, Log log) throws IOException {
    return start(settings, log, shared -> NativeDialect.of(settings, shared, log::warn));
  }

  /** Makes a dialect of what it may use of the role. */
  @FunctionalInterface
  public interface DialectMaker {
    /** The one dialect of a role that lives as long as these do. */
    Dialect of(Deadlines deadlines);
  }

  /** The same for another dialect than the native one at the control address. */
  public static RemoteProxy start(RemoteSettings settings, DialectMaker maker, Log log)
      throws IOException {
    return start(settings, log, shared -> maker.of(shared.deadlines()));
  }

  /** The same for the dialect of one's choice. */
  static RemoteProxy start(RemoteSettings settings, Log log, Function<Link.Shared, Dialect> dialect)
      throws IOException {
    var proxy = new RemoteProxy(settings.bounds(), log);
    try {
      proxy.bind(settings, dialect);
    } catch (IOException | RuntimeException e) {
      proxy.close();
      throw e;
    }
    proxy.entrances.forEach(Listener::start);
    proxy.listeners.forEach(Listener::start);
    proxy.meetings.forEach(GroupEndpoint::start);
    return proxy;
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
    ports = new Ports(settings.ports(), visitors, pool);
    var membership =
        new Membership(
            settings.admission().sessions(),
            settings.authenticates(),
            outside,
            ports,
            settings.timing().logPeriod(),
            counters,
            log);
    visitors.serveFrom(membership.table());
    HandshakeLimiter halfOpen = halfOpen(settings, settings.admission());
    sessions = new SessionHandler(membership, halfOpen, counters);
    ControlHandler handler = control(settings, halfOpen, dialects.apply(shared(settings)));
    if (settings.control().isPresent()) {
      control = Listener.bind(settings.control().get(), "control", pool, handler);
      entrances.add(control);
    }
    if (settings.bore().isPresent()) {
      bore = listenForBore(settings, settings.bore().get());
      entrances.add(bore);
    }
    for (GroupAddress group : settings.meetings()) {
      var join =
          new GroupConnector(
              group,
              settings.bounce(),
              BounceGreeting.PROGRAM,
              PeerNames.BOUNCE_SERVER_OF_PROXY,
              pool,
              log::warn);
      var route = Route.into(join, Optional.empty(), JOIN_LIMIT, new Dialer(pool), deadlines);
      meetings.add(new GroupEndpoint(group, route, handler, counters, log));
    }
  }

  /** Each visitor of a client comes with a connection that is half-open for a moment. */
  private Listener listenForBore(RemoteSettings settings, BoreServerSettings given)
      throws IOException {
    ConnectionLimits usual = settings.admission();
    var wider =
        new ConnectionLimits(
            usual.visitors(), usual.sessions(), BORE_HALF_OPEN, BORE_HALF_OPEN_PER_ADDR);
    var dialect = new BoreDialect(given.secrets(), deadlines);
    return Listener.bind(
        given.address(), "bore", pool, control(settings, halfOpen(settings, wider), dialect));
  }

  private HandshakeLimiter halfOpen(RemoteSettings settings, ConnectionLimits admission) {
    return new HandshakeLimiter(
        admission.halfOpen(),
        admission.halfOpenPerAddress(),
        settings.timing().handshake(),
        deadlines,
        counters.adder(Counter.SLOW_HANDSHAKES),
        counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  private ControlHandler control(
      RemoteSettings settings, HandshakeLimiter halfOpen, Dialect dialect) {
    var handler =
        new ControlHandler(
            dialect, sessions, halfOpen, settings.timing().logPeriod(), deadlines, counters, log);
    handshakes.add(handler);
    return handler;
  }

  private Link.Shared shared(RemoteSettings settings) {
    return new Link.Shared(
        pool,
        budget,
        deadlines,
        new Heartbeat(settings.timing().heartbeat(), settings.timing().heartbeatTimeout()),
        (int) settings.bounds().streamBytes().bytes(),
        counters.adder(Counter.LATE_FRAMES));
  }

  /**
   * The control address that was bound.
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
   * Where bore's clients connect.
   *
   * @throws IllegalStateException if the settings have no such address
   */
  public HostPort boreAddress() {
    if (bore == null) {
      throw new IllegalStateException("this remote proxy serves no clients of bore's");
    }
    return HostPort.of(bore.address());
  }

  /** Each service's outside address that was bound, in the order of the settings. */
  public Map<String, HostPort> outsideAddresses() {
    return Collections.unmodifiableMap(outside);
  }

  /** What was counted so far. */
  public Counters counters() {
    return counters;
  }

  /** Bytes that all streams hold now. */
  public long heldBytes() {
    return budget.held();
  }

  /** How many large buffers are in use now. */
  public int borrowedBuffers() {
    return pool.borrowed();
  }

  /**
   * Stops accepting, tells every origin proxy, and lets the visitors that are there finish.
   *
   * @param limit how long it waits for them at the most
   * @return whether all of them did
   */
  public boolean drain(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    Duration soon = limit.compareTo(ADMISSION_LIMIT) < 0 ? limit : ADMISSION_LIMIT;
    listeners.forEach(Listener::close);
    meetings.forEach(GroupEndpoint::end);
    ports.close();
    visitors.awaitAdmitted(soon);
    // The data channels of the last visitors come in there.
    handshakes.forEach(handler -> handler.awaitClaims(soon));
    entrances.forEach(Listener::close);
    handshakes.forEach(ControlHandler::close);
    sessions.drain();
    // A session ends behind the last byte of its last visitor.
    return visitors.awaitGone(Duration.ofNanos(until - System.nanoTime()))
        && sessions.awaitGone(Duration.ofNanos(until - System.nanoTime()));
  }

  /** How many visitors are there now. */
  public int visitors() {
    return visitors.count();
  }

  /** Stops accepting, ends every session, and resets every visitor. */
  @Override
  public void close() {
    entrances.forEach(Listener::close);
    listeners.forEach(Listener::close);
    meetings.forEach(GroupEndpoint::end);
    if (ports != null) {
      ports.close();
    }
    handshakes.forEach(ControlHandler::close);
    if (sessions != null) {
      sessions.close();
    }
    meetings.forEach(GroupEndpoint::close);
    if (visitors != null) {
      visitors.close();
    }
    deadlines.close();
  }
}
