package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.dialect.culvert.NativeOriginDialect;
import culvert.mux.Heartbeat;
import culvert.mux.Link;
import culvert.mux.StreamEviction;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.MemoryBudget;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.route.Route;
import culvert.session.OriginDialect;
import java.time.Duration;
import java.util.function.Function;

/**
 * The origin-proxy role: keeps a session with its remote proxy and carries every visitor's stream
 * to the service's origin server.
 */
public final class OriginProxy implements AutoCloseable {

  /** How {@link #run} ended. */
  public enum End {
    /** By {@link #close} or {@link #drain}. */
    CLOSED,
    /** The remote proxy could not be reached or was lost, and the settings say to exit then. */
    UNREACHABLE,
    /** The remote proxy has ended the session cleanly, and the settings say to exit then. */
    ENDED,
    /**
     * The remote proxy, or the bounce server where the two meet, refused the secret or could not
     * prove that it has it.
     */
    CREDENTIALS,
    /** The remote proxy declined a service. */
    DECLINED,
    /** Another process has logged in under the same name. */
    SUPERSEDED
  }

  /** Receives the public addresses of the services. */
  @FunctionalInterface
  public interface ServiceListener {
    /**
     * The remote proxy serves a service at this address; called at each login, by the thread that
     * reads from the remote proxy: must not block.
     */
    void served(String service, HostPort address);
  }

  /** Creates a dialect from what it may use of the role. */
  @FunctionalInterface
  public interface DialectMaker {
    /** Returns the role's only dialect, which lives as long as the arguments. */
    OriginDialect of(Dialer dialer, Deadlines deadlines, Counters counters);
  }

  /** Log lines of one service in a period. */
  private static final int MAX_SERVED_LINES = 10;

  private final Log log;
  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool;
  private final Counters counters = new Counters();
  private final StreamEviction eviction;
  private final Dialer dialer;
  private final StreamHandler streams;
  private final FlowHandler flows;

  /** Of services served, by their names: a link that flaps must not fill the log. */
  private final LimitedLog<String> servedLines;

  private final SessionLoop loop;

  /** What attempts use from now on; each uses one value from start to end. */
  private volatile Current current;

  /**
   * The settings, and what was made of them.
   *
   * @param route to the remote proxy
   */
  private record Current(OriginSettings settings, OriginDialect dialect, Route route) {}

  /** Creates an origin proxy of the native protocol that does nothing before {@link #run}. */
  public OriginProxy(OriginSettings settings, ServiceListener listener, Log log) {
    this(settings, proxy -> proxy.nativeDialect(settings), listener, log);
  }

  /** Creates an origin proxy of another protocol that does nothing before {@link #run}. */
  public OriginProxy(
      OriginSettings settings, DialectMaker maker, ServiceListener listener, Log log) {
    this(settings, proxy -> maker.of(proxy.dialer, proxy.deadlines, proxy.counters), listener, log);
  }

  private OriginProxy(
      OriginSettings settings,
      Function<OriginProxy, OriginDialect> dialect,
      ServiceListener listener,
      Log log) {
    this.log = log;
    this.pool = new BufferPool(new MemoryBudget(settings.resourceLimits().bufferedBytes().bytes()));
    this.dialer = new Dialer(pool);
    this.eviction = new StreamEviction(pool.budget(), counters.adder(Counter.STREAMS_NOT_DRAINED));
    this.current = new Current(settings, dialect.apply(this), route(settings));
    this.streams = new StreamHandler(this::settings, dialer, pool, deadlines, counters, log);
    this.flows = new FlowHandler(this::settings, pool, counters, log);
    this.servedLines =
        new LimitedLog<>(log, counters, MAX_SERVED_LINES, settings.timeouts().logPeriod());
    ServiceListener logged = (service, at) -> served(listener, service, at);
    this.loop =
        new SessionLoop(
            this::settings, this::connect, streams, flows, logged, deadlines, counters, log);
  }

  private OriginDialect nativeDialect(OriginSettings settings) {
    var timing = settings.timeouts();
    var shared =
        new Link.Shared(
            pool,
            eviction,
            deadlines,
            new Heartbeat(timing.heartbeat(), timing.heartbeatTimeout()),
            (int) settings.resourceLimits().streamBytes().bytes(),
            counters.adder(Counter.LATE_FRAMES),
            counters.adder(Counter.DATAGRAMS_DROPPED));
    return new NativeOriginDialect(settings, shared, log);
  }

  private Route route(OriginSettings given) {
    Duration limit = given.connectTimeout();
    return switch (given.remoteProxy()) {
      case RemoteAddress.Direct direct -> Route.to(direct, given.via(), limit, dialer, deadlines);
      case GroupAddress group ->
          Route.into(connector(group, given.bounce()), given.via(), limit, dialer, deadlines);
    };
  }

  private GroupConnector connector(GroupAddress address, BounceCredentials credentials) {
    return new GroupConnector(
        address,
        credentials,
        BounceGreeting.AS_IMPLEMENTED,
        PeerNames.BOUNCE_SERVER_OF_PROXY,
        pool,
        log);
  }

  private void served(ServiceListener listener, String service, HostPort address) {
    ServiceType type = settings().type(service);
    servedLines.info(
        service,
        event("serving visitors")
            .with("service", service)
            .with("address", new ServiceAddress(service, type, address).typedAddress()));
    listener.served(service, address);
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

  /** Returns how many flows of UDP visitors are open now. */
  public int flows() {
    return flows.count();
  }

  /** Returns how many visitors are connected now. */
  public int visitors() {
    return streams.count();
  }

  /**
   * Connects, serves, and connects again, until {@link #close} or {@link #drain} or until the
   * settings say to exit. Called once.
   */
  public End run() {
    flows.logLimit();
    try {
      return loop.run();
    } finally {
      flows.close();
      deadlines.close();
    }
  }

  private ConnectAttempt connect() {
    Current given = current;
    return new ConnectAttempt(given.settings(), given.dialect(), given.route(), deadlines);
  }

  /**
   * Applies other settings. The running session offers services that are added, and withdraws those
   * that are removed; visitors stay, and new ones are connected to the changed origin servers. The
   * next attempt to log in uses the rest, except what {@link OriginSettings#keeping} keeps. Calls
   * one after the other; does not block.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(OriginSettings changed) {
    OriginSettings next = changed.keeping(settings());
    current = new Current(next, current.dialect().with(next), route(next));
    streams.servicesChanged();
    flows.servicesChanged();
    loop.servicesChanged();
  }

  /** Returns the current settings. */
  public OriginSettings settings() {
    return current.settings();
  }

  /** Ends the pause before the next attempt, or an attempt that is still connecting. */
  public void tryNow() {
    loop.tryNow();
  }

  /**
   * Accepts no new visitors and lets those connected finish; {@link #run} returns once they have,
   * or when the limit has passed and the rest were reset. Does not block.
   */
  public void drain(Duration limit) {
    loop.drain(limit);
  }

  /** Ends the session and resets every stream; {@link #run} returns soon. Does not block. */
  @Override
  public void close() {
    loop.close();
  }
}
