package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.RemoteRoute;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.MemoryBudget;
import culvert.net.ReservedPlaces;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.session.OriginDialect;
import culvert.session.RoleResources;
import culvert.setting.SettingWarnings;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * The origin-proxy role: keeps a session with each of its remote proxies and carries every
 * visitor's stream to the service's origin server.
 */
public final class OriginProxy implements AutoCloseable {

  /**
   * How {@link #run} ended. If the remote proxies have failed in several ways, the first of these
   * counts: the process may succeed after a restart sooner than after those that follow.
   */
  public enum End {
    /** By {@link #close} or {@link #drain}. */
    CLOSED,
    /** The remote proxy could not be reached or was lost, and the settings say to exit then. */
    UNREACHABLE,
    /** The remote proxy has ended the session cleanly, and the settings say to exit then. */
    ENDED,
    /** Another process has logged in under the same name. */
    SUPERSEDED,
    /**
     * The remote proxy, or the bounce server where the two meet, refused the secret or could not
     * prove that it has it.
     */
    CREDENTIALS,
    /** The remote proxy declined a service. */
    DECLINED
  }

  /** Receives the public addresses of the services. */
  @FunctionalInterface
  public interface ServiceListener {
    /**
     * A remote proxy serves a service at this address; called at each login, by the thread that
     * reads from the remote proxy: must not block.
     */
    void served(String service, HostPort address, RemoteAddress remote);
  }

  /** Creates the dialects from parts of the role. */
  @FunctionalInterface
  public interface DialectMaker {
    /** Returns the dialects of a role, which live as long as the arguments. */
    Dialects of(Dialer dialer, RoleResources role);
  }

  /** A service at a remote proxy. */
  private record Served(String service, RemoteAddress remote) {}

  /** Log lines of one service at one remote proxy in a period. */
  private static final int MAX_SERVED_LINES = 10;

  private final Log log;
  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool;
  private final Counters counters = new Counters();
  private final Dialer dialer;
  private final StreamHandler streams;
  private final FlowHandler flows;
  private final HealthMonitor health;

  /** Of services served: a link that flaps must not fill the log. */
  private final LimitedLog<Served> servedLines;

  private final RoleParts parts;
  private final RemoteMembers members = new RemoteMembers();
  private final Dialects dialects;
  private final RemoteEntries remotes;

  /** The current settings, which a reload replaces. */
  private volatile OriginSettings settings;

  /** Until when visitors may finish after the last session. */
  private volatile long finishedByNanos = System.nanoTime();

  /** Creates an origin proxy that does nothing before {@link #run}. */
  public OriginProxy(
      OriginSettings settings, DialectMaker maker, ServiceListener listener, Log log) {
    this(settings, maker, Dialer::new, listener, log);
  }

  /** Creates an origin proxy with a dialer of the test. */
  OriginProxy(
      OriginSettings settings,
      DialectMaker maker,
      Function<BufferPool, Dialer> dialer,
      ServiceListener listener,
      Log log) {
    this.settings = settings;
    this.log = log;
    this.pool = new BufferPool(new MemoryBudget(settings.resourceLimits().bufferedBytes().bytes()));
    this.dialer = dialer.apply(pool);
    this.dialects = maker.of(this.dialer, new RoleResources(pool, deadlines, counters));
    this.remotes = new RemoteEntries(settings, this::use, this.dialer, members, log);
    this.streams = new StreamHandler(this::settings, this.dialer, pool, deadlines, counters, log);
    this.flows = new FlowHandler(this::settings, pool, counters, log);
    this.health =
        new HealthMonitor(
            this::settings, this.dialer, deadlines, this::healthChanged, counters, log);
    this.servedLines =
        new LimitedLog<>(log, counters, MAX_SERVED_LINES, settings.timeouts().logPeriod());
    ServiceListener logging =
        (service, at, remote) -> {
          logServed(service, at, remote);
          listener.served(service, at, remote);
        };
    this.parts =
        new RoleParts(
            this::settings,
            streams,
            flows,
            new ReservedPlaces(maxVisitors(settings)),
            new RemoteClaims(),
            health::isHealthy,
            logging,
            deadlines,
            counters,
            log);
  }

  /** One session may use its streams whatever the heap is, as without other remote proxies. */
  private static int maxVisitors(OriginSettings settings) {
    return Math.max(settings.resourceLimits().streams(), ConnectionLimits.DEFAULT.visitors());
  }

  private RemoteEntry.Use use(
      RemoteRoute remote,
      OriginSettings given,
      Optional<OriginDialect> kept,
      SettingWarnings warnings) {
    return new RemoteEntry.Use(
        given,
        kept.orElseGet(() -> dialects.at(remote.address(), given, warnings)),
        remote.via(),
        connector(remote.address(), given, warnings));
  }

  /** Returns the connector to the group of a remote proxy that is in one. */
  private Optional<GroupConnector> connector(
      RemoteAddress remote, OriginSettings given, SettingWarnings warnings) {
    return remote instanceof GroupAddress address
        ? Optional.of(
            new GroupConnector(
                address,
                given.bounce(),
                BounceGreeting.AS_IMPLEMENTED,
                PeerNames.BOUNCE_SERVER_OF_PROXY,
                pool,
                warnings))
        : Optional.empty();
  }

  private void logServed(String service, HostPort address, RemoteAddress remote) {
    ServiceType type = settings.type(service);
    servedLines.info(
        new Served(service, remote),
        event("serving visitors")
            .with("service", service)
            .with("address", new ServiceAddress(service, type, address).typedAddress())
            .with(SessionLoop.REMOTE_PROXY, remote));
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
   * Connects, serves, and connects again, until {@link #close} or {@link #drain} or until all
   * remote proxies have failed in a way after which the settings say to exit. Called once.
   */
  public End run() {
    flows.logLimit();
    try {
      health.start();
      remotes.start(parts);
      End end = members.awaitEnd();
      if (end != End.CLOSED) {
        if (settings.hasSeveralRemotes()) {
          log.error("all remote proxies have failed");
        }
        stop(settings.timeouts().drain());
      }
      members.awaitEmpty();
      streams.awaitEmpty(Duration.ofNanos(Math.max(0, finishedByNanos - System.nanoTime())));
      return end;
    } finally {
      health.close();
      close();
      members.awaitEmpty();
      streams.close();
      flows.close();
      deadlines.close();
    }
  }

  private void healthChanged(String service) {
    members.forEach(member -> member.healthChanged(service));
  }

  /**
   * Applies other settings. Every running session offers services that are added, and withdraws
   * those that are removed; visitors stay, and new ones are connected to the changed origin
   * servers. Remote proxies that are added get a session; sessions with those that are removed end
   * with their last visitor, or after the drain timeout. Others keep their sessions. The next
   * logins use the rest, except what {@link OriginSettings#keeping} keeps; those that have failed
   * follow at once. Calls one after the other; does not block.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(OriginSettings changed) {
    OriginSettings next = changed.keeping(settings);
    RemoteEntries.Change change = remotes.prepareReload(next);
    settings = next;
    streams.servicesChanged();
    flows.servicesChanged();
    RemoteMembers.Affected affected = change.apply();
    affected.retired().forEach(member -> member.drain(next.timeouts().drain()));
    members.forEach(RemoteMembers.Member::servicesChanged);
    affected.failed().forEach(RemoteMembers.Member::tryNow);
    health.settingsChanged();
  }

  /** Returns the current settings. */
  public OriginSettings settings() {
    return settings;
  }

  /** Ends the pauses before next attempts, and the attempts that are still connecting. */
  public void tryNow() {
    members.forEach(RemoteMembers.Member::tryNow);
  }

  /**
   * Accepts no new visitors and lets those connected finish; {@link #run} returns once they have,
   * or when the limit has passed and the rest were reset. Does not block.
   */
  public void drain(Duration limit) {
    stop(limit);
    deadlines.after(limit, this::close);
  }

  private void stop(Duration limit) {
    finishedByNanos = System.nanoTime() + limit.toNanos();
    members.stop(member -> member.drain(limit));
    health.close();
  }

  /** Ends the sessions and resets every stream; {@link #run} returns soon. Does not block. */
  @Override
  public void close() {
    finishedByNanos = System.nanoTime();
    members.stop(RemoteMembers.Member::close);
    streams.reset();
  }
}
