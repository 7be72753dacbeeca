package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.dialect.culvert.NativeDialect;
import culvert.mux.Heartbeat;
import culvert.mux.Link;
import culvert.mux.MemoryBudget;
import culvert.net.Backoff;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.OpenSet;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.RateLimit;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.route.Route;
import culvert.session.IncomingStream;
import culvert.session.OriginDialect;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
    /** The remote proxy could not be reached or was lost, and settings said to give up then. */
    UNREACHABLE,
    /** The remote proxy has ended the session cleanly, and settings said to give up then. */
    ENDED,
    /**
     * The remote proxy refused the secret, or could not prove it knows it; or the bounce server
     * where they meet did.
     */
    CREDENTIALS,
    /** The remote proxy declined a service. */
    DECLINED,
    /** Another process has logged in under the same name. */
    SUPERSEDED
  }

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** For lines that a full standard output holds up. */
  private static final Duration ANNOUNCE_LIMIT = Duration.ofSeconds(1);

  /** A session that stood for less was a failed login. */
  private static final Duration NOTEWORTHY = Duration.ofSeconds(1);

  /** Longer pauses are told without milliseconds. */
  private static final Duration TO_THE_SECOND = Duration.ofSeconds(10);

  /** Sessions that may still drain while the next attempt is made. */
  private static final int MAX_DRAINING = 4;

  /** The same trouble again is not told more often than this. */
  private static final Duration REPEATED_PERIOD = Duration.ofMinutes(10);

  private final OriginSettings settings;
  private final BiConsumer<String, HostPort> announce;
  private final Log log;
  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters = new Counters();
  private final MemoryBudget budget;
  private final Dialer dialer = new Dialer(pool);
  private final OriginDialect dialect;
  private final Route route;
  private final StreamHandler streams;
  private final ExecutorService announcer =
      Executors.newSingleThreadExecutor(Threads.factory("announcer"));
  private final OpenSet<ConnectAttempt> attempts = new OpenSet<>();
  private final RateLimit<String> troubles = new RateLimit<>(1, REPEATED_PERIOD, System::nanoTime);
  private final Semaphore wakeUps = new Semaphore(0);
  private volatile ConnectAttempt current;
  private volatile boolean stopping;
  private volatile long finishedByNanos = System.nanoTime();
  private volatile boolean served;

  /**
   * An origin proxy that does nothing before {@link #run}.
   *
   * @param announce hears a line for every public address at each login
   */
  public OriginProxy(OriginSettings settings, Consumer<String> announce, Log log) {
    this(
        settings,
        OriginProxy::nativeDialect,
        (service, address) -> announce.accept(service + "=" + address),
        log);
  }

  /** Makes a dialect of what it may use of the role. */
  @FunctionalInterface
  public interface DialectMaker {
    /** The one dialect of a role that lives as long as these do. */
    OriginDialect of(Dialer dialer, Deadlines deadlines, Counters counters);
  }

  /**
   * The same for another dialect than the native one.
   *
   * @param announce hears of every service and public address at each login
   */
  public OriginProxy(
      OriginSettings settings, DialectMaker maker, BiConsumer<String, HostPort> announce, Log log) {
    this(settings, proxy -> maker.of(proxy.dialer, proxy.deadlines, proxy.counters), announce, log);
  }

  private OriginProxy(
      OriginSettings settings,
      Function<OriginProxy, OriginDialect> dialect,
      BiConsumer<String, HostPort> announce,
      Log log) {
    this.settings = settings;
    this.announce = announce;
    this.log = log;
    this.budget =
        new MemoryBudget(
            settings.bounds().bufferedBytes().bytes(), counters.adder(Counter.STREAMS_NOT_DRAINED));
    this.dialect = dialect.apply(this);
    this.route = route();
    this.streams = new StreamHandler(settings, dialer, deadlines, counters, log);
  }

  private OriginDialect nativeDialect() {
    var timing = settings.timing();
    var shared =
        new Link.Shared(
            pool,
            budget,
            deadlines,
            new Heartbeat(timing.heartbeat(), timing.heartbeatTimeout()),
            (int) settings.bounds().streamBytes().bytes(),
            counters.adder(Counter.LATE_FRAMES));
    return NativeDialect.of(settings, shared, log::warn);
  }

  private Route route() {
    return switch (settings.remoteProxy()) {
      case RemoteAddress.Direct direct ->
          Route.to(direct, settings.via(), settings.connectTimeout(), dialer, deadlines);
      case GroupAddress group ->
          Route.into(
              new GroupConnector(
                  group,
                  settings.bounce(),
                  BounceGreeting.PROGRAM,
                  PeerNames.BOUNCE_SERVER_OF_PROXY,
                  pool,
                  log::warn),
              settings.via(),
              settings.connectTimeout(),
              dialer,
              deadlines);
    };
  }

  /** Joins, serves, and joins again, until told to stop or until settings say to give up. */
  public End run() {
    try {
      var backoff = new Backoff(settings.retryMax(), ThreadLocalRandom.current());
      for (; ; ) {
        ConnectAttempt.Result result = attempt();
        if (result.end() == ConnectAttempt.End.SILENT) {
          counters.count(Counter.SESSIONS_SILENT);
        }
        if (stopping) {
          return End.CLOSED;
        }
        End end = forGood(result);
        if (end != null) {
          if (!stopping) {
            // Visitors of sessions that drain still may finish.
            finishedByNanos = System.nanoTime() + settings.timing().drain().toNanos();
          }
          Log.Level level = end == End.ENDED ? Log.Level.INFO : Log.Level.ERROR;
          log.write(
              level,
              event(eventName(result))
                  .with("remote_proxy", settings.remoteProxy())
                  .with("cause", result.cause()));
          return end;
        }
        if (result.end() == ConnectAttempt.End.CALLED_OFF) {
          continue;
        }
        Duration pause = pauseAfter(result, backoff);
        // A successor may be there already; but who drains whatever joins is asked slowly.
        if (result.end() != ConnectAttempt.End.DRAINING
            || result.stood().compareTo(NOTEWORTHY) < 0) {
          pause(result, pause);
        }
      }
    } finally {
      finish();
    }
  }

  private ConnectAttempt.Result attempt() {
    var attempt = new ConnectAttempt(settings, dialect, route, deadlines, new Host(), log);
    if (!attempts.add(attempt)) {
      return new ConnectAttempt.Result(ConnectAttempt.End.LOST, "stopping", Duration.ZERO);
    }
    // Whoever wants an attempt at once has it here.
    wakeUps.drainPermits();
    current = attempt;
    try {
      return attempt.run();
    } catch (RuntimeException | Error e) {
      log.bug("an attempt to join met a bug", e);
      return new ConnectAttempt.Result(ConnectAttempt.End.LOST, "a bug", Duration.ZERO);
    }
  }

  /** How the process ends over this, or null where it goes on. */
  private End forGood(ConnectAttempt.Result result) {
    return switch (result.end()) {
      case LOST, SILENT -> settings.failFast() ? End.UNREACHABLE : null;
      case ENDED -> settings.failFast() ? End.ENDED : null;
      case DRAINING, CALLED_OFF -> null;
      // Who served before was set up well once: somebody will set the remote proxy right again.
      case CREDENTIALS, SHUT_OUT -> served ? null : End.CREDENTIALS;
      case DECLINED -> served ? null : End.DECLINED;
      case SUPERSEDED -> End.SUPERSEDED;
    };
  }

  private static Duration pauseAfter(ConnectAttempt.Result result, Backoff backoff) {
    return switch (result.end()) {
      case CREDENTIALS, SHUT_OUT, DECLINED -> backoff.longPause();
      default -> backoff.nextPause(System.nanoTime(), result.stood());
    };
  }

  private void pause(ConnectAttempt.Result result, Duration pause) {
    if (result.stood().compareTo(NOTEWORTHY) >= 0 || troubles.allows(outage(result))) {
      log.warn(
          event(eventName(result))
              .with("remote_proxy", settings.remoteProxy())
              .with("cause", result.cause())
              .with("again_in", Durations.of(rough(pause))));
    } else {
      counters.count(Counter.LOG_LINES_SUPPRESSED);
    }
    if (!stopping) {
      await(pause);
    }
  }

  /** The same cause is told again when a session has stood in between. */
  private String outage(ConnectAttempt.Result result) {
    return counters.get(Counter.SESSIONS) + " " + result.cause();
  }

  private static Duration rough(Duration pause) {
    ChronoUnit unit = pause.compareTo(TO_THE_SECOND) < 0 ? ChronoUnit.MILLIS : ChronoUnit.SECONDS;
    return pause.truncatedTo(unit);
  }

  private static String eventName(ConnectAttempt.Result result) {
    return switch (result.end()) {
      case CREDENTIALS, SUPERSEDED -> "remote proxy refused the login";
      case SHUT_OUT -> "bounce server refused this side";
      case DECLINED -> "service declined";
      default -> result.stood().isZero() ? "cannot join the remote proxy" : "session lost";
    };
  }

  private void await(Duration pause) {
    try {
      wakeUps.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
    }
  }

  /** After the last attempt: sessions and streams that still finish may do so in their time. */
  private void finish() {
    stopping = true;
    attempts.awaitEmpty(leftToFinish());
    streams.awaitGone(leftToFinish());
    attempts.closeAll(ConnectAttempt::cancel);
    streams.close();
    attempts.awaitEmpty(STOP_LIMIT);
    deadlines.close();
    awaitAnnounced();
  }

  /** Whoever ends at once is to have said where visitors came in. */
  private void awaitAnnounced() {
    announcer.shutdown();
    try {
      announcer.awaitTermination(ANNOUNCE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration leftToFinish() {
    return Duration.ofNanos(Math.max(0, finishedByNanos - System.nanoTime()));
  }

  /** What all attempts tell the role. */
  private final class Host implements ConnectAttempt.Host {
    @Override
    public boolean mayOverlap() {
      return !settings.failFast() && attempts.size() <= MAX_DRAINING;
    }

    @Override
    public void serving() {
      served = true;
      counters.count(Counter.SESSIONS);
    }

    @Override
    public void taken(String service, List<HostPort> addresses) {
      for (HostPort address : addresses) {
        HostPort reachable = reachable(address);
        // Standard output may be a pipe that nobody empties; the session's reader must not wait.
        announcer.execute(() -> announce.accept(service, reachable));
      }
    }

    @Override
    public void visitor(IncomingStream incoming) {
      streams.handle(incoming);
    }

    @Override
    public void over(ConnectAttempt attempt) {
      attempts.remove(attempt);
    }
  }

  /**
   * A wildcard tells a person nothing: the host we reached the remote proxy by does, unless that is
   * a bounce server's.
   */
  private HostPort reachable(HostPort address) {
    boolean wildcard = address.host().equals("0.0.0.0") || address.host().equals("::");
    return wildcard && settings.remoteProxy() instanceof RemoteAddress.Direct direct
        ? new HostPort(direct.dialled().host(), address.port())
        : address;
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

  /** How many visitors are there now. */
  public int visitors() {
    return streams.count();
  }

  /** Ends the pause before the next attempt, or an attempt that is still dialling. */
  public void tryNow() {
    ConnectAttempt attempt = current;
    if (attempt == null || attempt.isOver()) {
      wakeUps.release();
    } else {
      attempt.redial();
    }
  }

  /**
   * Takes no new visitors and lets those that are there finish; {@link #run} returns once they
   * have, or when the limit has passed and the rest were reset. Does not wait.
   */
  public void drain(Duration limit) {
    finishedByNanos = System.nanoTime() + limit.toNanos();
    stopping = true;
    attempts.closeAll(ConnectAttempt::drain);
    wakeUps.release();
    deadlines.after(limit, this::close);
  }

  /** Ends the session and resets every stream; {@link #run} returns soon. */
  @Override
  public void close() {
    finishedByNanos = System.nanoTime();
    stopping = true;
    attempts.closeAll(ConnectAttempt::cancel);
    streams.reset();
    wakeUps.release();
  }
}
