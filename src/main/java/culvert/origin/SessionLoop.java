package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.net.Backoff;
import culvert.net.CancellablePause;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.OpenSet;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.OutageLog;
import culvert.session.FlowAcceptor;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes one attempt after the other, runs the session of each, and pauses in between as {@link
 * RetryPolicy} decides. One thread calls {@link #run}; any thread may call the other methods.
 */
final class SessionLoop {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** Pauses of at least this length are logged without milliseconds. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(10);

  /** Sessions that may still drain while the next attempt is made. */
  private static final int MAX_DRAINING = 4;

  /** Lines of each event about sessions in a period. */
  private static final int MAX_SESSION_LINES = 10;

  private final Supplier<OriginSettings> settings;
  private final Supplier<ConnectAttempt> newAttempt;
  private final StreamHandler streams;
  private final FlowAcceptor flows;
  private final OriginProxy.ServiceListener listener;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final RetryPolicy policy;
  private final OutageLog outages;

  /** The remote proxy decides how many sessions start and end. */
  private final LimitedLog<String> sessionLines;

  private final CancellablePause pause = new CancellablePause();

  /** At most the attempt that is connecting; none is added once the set was ended. */
  private final OpenSet<ConnectAttempt> attempts = new OpenSet<>();

  /** The session that serves and those that drain. */
  private final OpenSet<SessionRun> sessions = new OpenSet<>();

  /** The attempt in {@link #attempts}, or null; written by the thread of {@link #run} only. */
  private volatile ConnectAttempt connecting;

  /** Those of the last attempt; confined to the thread of {@link #run}. */
  private OriginSettings attempted;

  /** Until when visitors may finish after the last attempt. */
  private volatile long finishedByNanos = System.nanoTime();

  /** Set after {@link #finishedByNanos} and before the attempt, the sessions and the pause end. */
  private volatile boolean isStopping;

  /** Whether {@link #tryNow} was called since the last attempt to connect began. */
  private volatile boolean isRetryRequested;

  private final WantedServices wanted;

  /**
   * Creates a loop that does nothing before {@link #run}.
   *
   * @param settings the current ones
   * @param newAttempt creates an attempt that is not connecting yet
   * @param streams handles the visitors of all sessions
   * @param flows handles the UDP visitors of all sessions
   */
  SessionLoop(
      Supplier<OriginSettings> settings,
      Supplier<ConnectAttempt> newAttempt,
      StreamHandler streams,
      FlowAcceptor flows,
      OriginProxy.ServiceListener listener,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.newAttempt = newAttempt;
    this.streams = streams;
    this.flows = flows;
    this.listener = listener;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.wanted = new WantedServices(settings);
    OriginSettings first = settings.get();
    this.attempted = first;
    this.policy =
        new RetryPolicy(
            first.failFast(), new Backoff(first.retryMax(), ThreadLocalRandom.current()));
    this.outages = new OutageLog(log, counters);
    this.sessionLines =
        new LimitedLog<>(log, counters, MAX_SESSION_LINES, first.timeouts().logPeriod());
  }

  /** Runs until {@link #close} or {@link #drain} or until the policy ends it. */
  OriginProxy.End run() {
    try {
      for (; ; ) {
        Outcome outcome = attempt();
        if (outcome.kind() == Outcome.Kind.SILENT) {
          counters.count(Counter.SESSIONS_SILENT);
        }
        if (isStopping) {
          return OriginProxy.End.CLOSED;
        }
        switch (policy.next(outcome, wanted.hasServed(), System.nanoTime())) {
          case RetryPolicy.Step.Exit(OriginProxy.End end) -> {
            return exit(outcome, end);
          }
          case RetryPolicy.Step.RetryAfter(Duration length) -> pause(outcome, length);
          case RetryPolicy.Step.RetryNow() -> {}
        }
      }
    } finally {
      finish();
    }
  }

  private Outcome attempt() {
    isRetryRequested = false;
    ConnectAttempt attempt = newAttempt.get();
    attempted = attempt.settings();
    if (!attempts.add(attempt)) {
      return Outcome.lost("stopping");
    }
    connecting = attempt;
    ConnectAttempt.Login login;
    try {
      login = attempt.connect();
    } catch (IOException e) {
      return attempt.outcome(e);
    } catch (RuntimeException | Error e) {
      log.bug("internal error while connecting to the remote proxy", e);
      return Outcome.lost("internal error");
    } finally {
      connecting = null;
      attempts.remove(attempt);
    }
    return serve(login);
  }

  private Outcome serve(ConnectAttempt.Login login) {
    var session =
        new SessionRun(
            attempted, wanted, login, streams, flows, deadlines, new Host(), log, sessionLines);
    if (!sessions.add(session)) {
      login.connection().close();
      return Outcome.lost("stopping");
    }
    session.start();
    Outcome outcome = session.awaitOutcome();
    // A request during a session is not about the next attempt.
    isRetryRequested = false;
    return outcome;
  }

  private OriginProxy.End exit(Outcome outcome, OriginProxy.End end) {
    if (!isStopping) {
      // Visitors of sessions that still drain may finish.
      finishedByNanos = System.nanoTime() + settings.get().timeouts().drain().toNanos();
    }
    log.write(
        end == OriginProxy.End.ENDED ? Log.Level.INFO : Log.Level.ERROR,
        event(outcome.event())
            .with("remote_proxy", attempted.remoteProxy())
            .with("cause", outcome.cause()));
    return end;
  }

  private void pause(Outcome outcome, Duration length) {
    pause.prepare();
    outages.failed(
        outcome.cause(),
        event(outcome.event())
            .with("remote_proxy", attempted.remoteProxy())
            .with("cause", outcome.cause())
            .with("again_in", Durations.of(rounded(length))));
    if (!isStopping && !isRetryRequested && !pause.await(length)) {
      close();
    }
  }

  private static Duration rounded(Duration pause) {
    boolean isLong = pause.compareTo(LONG_PAUSE) >= 0;
    return pause.truncatedTo(isLong ? ChronoUnit.SECONDS : ChronoUnit.MILLIS);
  }

  /** Ends what is left after the last attempt; sessions and streams may finish in their time. */
  private void finish() {
    isStopping = true;
    sessions.awaitEmpty(timeToFinish());
    streams.awaitEmpty(timeToFinish());
    sessions.closeAll(SessionRun::close);
    streams.close();
    sessions.awaitEmpty(STOP_LIMIT);
  }

  private Duration timeToFinish() {
    return Duration.ofNanos(Math.max(0, finishedByNanos - System.nanoTime()));
  }

  /** Offers and withdraws services of the running sessions as the settings want now. */
  void servicesChanged() {
    wanted.settingsChanged();
    sessions.forEach(SessionRun::servicesChanged);
  }

  /** Ends the pause before the next attempt, or an attempt that is still connecting. */
  void tryNow() {
    isRetryRequested = true;
    ConnectAttempt attempt = connecting;
    if (attempt == null) {
      pause.end();
    } else {
      attempt.redial();
    }
  }

  /** Drains the sessions, and resets the visitors that are left after the limit. */
  void drain(Duration limit) {
    stop(limit, SessionRun::drain);
    deadlines.after(limit, this::close);
  }

  /** Ends every session and resets every stream; does not block. */
  void close() {
    stop(Duration.ZERO, SessionRun::close);
    streams.reset();
  }

  private void stop(Duration limit, Consumer<SessionRun> endSession) {
    finishedByNanos = System.nanoTime() + limit.toNanos();
    isStopping = true;
    attempts.closeAll(ConnectAttempt::cancel);
    sessions.closeAll(endSession);
    pause.end();
  }

  private final class Host implements SessionRun.Host {
    @Override
    public void serving() {
      wanted.recordServing();
      counters.count(Counter.SESSIONS);
      outages.restored();
    }

    @Override
    public void served(String service, List<HostPort> addresses) {
      addresses.forEach(address -> listener.served(service, address));
    }

    @Override
    public boolean canOverlap() {
      return !settings.get().failFast() && sessions.size() <= MAX_DRAINING;
    }

    @Override
    public void ended(SessionRun session) {
      sessions.remove(session);
    }
  }
}
