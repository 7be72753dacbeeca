package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.net.Backoff;
import culvert.net.CancellablePause;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.OpenSet;
import culvert.observe.Counter;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.observe.OutageLog;
import culvert.session.OriginDialect;
import culvert.session.Visitor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Makes one attempt after the other to connect to one remote proxy, runs the session of each, and
 * pauses in between as {@link RetryPolicy} decides. One thread calls {@link #run}; any thread may
 * call the other methods.
 */
final class SessionLoop implements RemoteMembers.Member {

  /** The field of log lines with the remote proxy's address. */
  static final String REMOTE_PROXY = Visitor.REMOTE_PROXY;

  /** A pause that only a request ends. */
  static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  /** Lines of each event about sessions in a period. */
  private static final int MAX_SESSION_LINES = 10;

  private final RoleParts role;
  private volatile RemotePeer peer;
  private final PeerVisitors visitors;
  private final RemoteMembers members;
  private final LoopOwner owner;
  private final RetryPolicy policy;
  private final OutageLog outages;

  /** The remote proxy decides how many sessions start and end. */
  private final LimitedLog<String> sessionLines;

  private final CancellablePause pause = new CancellablePause();
  private final StandBy standBy;

  /** At most the attempt that is connecting; none is added once the set was ended. */
  private final OpenSet<ConnectAttempt> attempts = new OpenSet<>();

  private final LoopSessions sessions;

  /** The attempt in {@link #attempts}, or null; written by the thread of {@link #run} only. */
  private volatile ConnectAttempt connecting;

  /**
   * Set after {@link LoopSessions#finishWithin} and before the attempt, the sessions and the pause
   * end.
   */
  private volatile boolean isStopping;

  /** Whether {@link #tryNow} was called since the last attempt to connect began. */
  private volatile boolean isRetryRequested;

  /** The settings of the last attempt; confined to the thread of {@link #run}. */
  private OriginSettings used;

  /**
   * Creates a loop, for an address of the settings, that does nothing before {@link #run}.
   *
   * @param members receives the failures of this remote proxy
   */
  SessionLoop(RoleParts role, RemotePeer peer, RemoteMembers members) {
    this(role, peer, members, LoopOwner.SETTINGS);
  }

  /** Creates a loop, for an address of a name, that does nothing before {@link #run}. */
  SessionLoop(RoleParts role, RemotePeer peer, RemoteMembers members, LoopOwner owner) {
    this.owner = owner;
    this.role = role;
    this.peer = peer;
    this.visitors = new PeerVisitors(role, peer);
    this.members = members;
    OriginSettings first = role.settings();
    this.policy =
        new RetryPolicy(
            first.failFast(), new Backoff(first.retryMax(), ThreadLocalRandom.current()));
    this.outages = new OutageLog(role.log(), role.counters());
    this.sessionLines =
        new LimitedLog<>(
            role.log(), role.counters(), MAX_SESSION_LINES, first.timeouts().logPeriod());
    this.standBy = new StandBy(this, role.claims(), pause, sessionLines);
    this.sessions = new LoopSessions(visitors);
  }

  @Override
  public String name() {
    return peer.address().toString();
  }

  @Override
  public RemoteMembers.Member root() {
    return owner.root(this);
  }

  RemotePeer peer() {
    return peer;
  }

  /** Uses the memory of another address of the name; called by the thread of {@link #run}. */
  void useMemoryOf(SessionLoop other) {
    peer = peer.withMemoryOf(other.peer());
  }

  boolean isStopping() {
    return isStopping;
  }

  /**
   * Runs until {@link #close} or {@link #drain}, until the last remote proxy has failed, or until
   * the owner has no use for it.
   */
  @Override
  public void run() {
    visitors.start();
    try {
      while (!isStopping && owner.retain(this)) {
        follow(attempt());
      }
      sessions.awaitDrained(this::isStopping);
    } finally {
      isStopping = true;
      sessions.finish();
    }
  }

  private Outcome attempt() {
    isRetryRequested = false;
    var claim = new ProcessClaim(role.claims(), this);
    var attempt = new ConnectAttempt(peer, checkOf(claim), role.deadlines());
    used = attempt.settings();
    if (!attempts.add(attempt)) {
      return Outcome.lost("stopping");
    }
    connecting = attempt;
    ConnectAttempt.Login login;
    try {
      login = attempt.connect();
    } catch (IOException e) {
      claim.release();
      return attempt.outcome(e);
    } catch (RuntimeException | Error e) {
      claim.release();
      LogEvent event = event("internal error while connecting to the remote proxy");
      role.log().bug(event.with(REMOTE_PROXY, peer.address()), e);
      return Outcome.lost("internal error");
    } finally {
      standBy.setRemote(claim.instance());
      connecting = null;
      attempts.remove(attempt);
    }
    return serve(login, claim);
  }

  private Optional<OriginDialect.InstanceCheck> checkOf(ProcessClaim claim) {
    return owner.canHaveTwins() ? Optional.of(claim) : Optional.empty();
  }

  private Outcome serve(ConnectAttempt.Login login, ProcessClaim claim) {
    RoleParts parts = role.withVisitors(visitors, visitors);
    var session = new SessionRun(parts, peer, login, new Host(claim), sessionLines);
    if (!owner.canHaveTwins()) {
      login.session().remoteInstance().ifPresent(claim::hold);
      standBy.setRemote(claim.instance());
    }
    if (!sessions.add(session)) {
      claim.release();
      login.connection().close();
      return Outcome.lost("stopping");
    }
    session.start();
    Outcome outcome = session.awaitOutcome();
    // A request during a session is not about the next attempt.
    isRetryRequested = false;
    return outcome;
  }

  /** Follows the policy after the end of an attempt or session. */
  private void follow(Outcome outcome) {
    if (outcome.kind() == Outcome.Kind.SILENT) {
      role.counters().count(Counter.SESSIONS_SILENT);
    }
    if (isStopping) {
      return;
    }
    // Requests from now on are about the next attempt.
    pause.prepare();
    switch (policy.next(outcome, peer.services().hasServed(), System.nanoTime())) {
      case RetryPolicy.Step.Fail(OriginProxy.End end, Optional<Duration> length) ->
          fail(outcome, end, length);
      case RetryPolicy.Step.RetryAfter(Duration length) -> {
        members.recovered(this);
        pause(outcome, length);
      }
      case RetryPolicy.Step.RetryNow() -> members.recovered(this);
      case RetryPolicy.Step.StandBy() -> {
        members.recovered(this);
        standBy.run(outcome);
      }
    }
  }

  private void fail(Outcome outcome, OriginProxy.End end, Optional<Duration> length) {
    if (outcome.served().isZero() && used != peer.access().settings()) {
      // The next attempt uses other settings.
      members.recovered(this);
      return;
    }
    if (end == OriginProxy.End.SUPERSEDED && standBy.isNeeded()) {
      members.recovered(this);
      standBy.run(Outcome.failed(new DuplicateRemoteException(), true, Duration.ZERO));
      return;
    }
    boolean isLast = members.failed(this, end);
    if (!isLast && length.isPresent()) {
      pause(outcome, length.get());
      return;
    }
    boolean isOrderly = end == OriginProxy.End.ENDED;
    role.log().write(isOrderly ? Log.Level.INFO : Log.Level.ERROR, line(outcome));
    if (isLast) {
      members.end();
      // Visitors of sessions that still drain may finish.
      stop(role.settings().timeouts().drain(), session -> {});
    } else {
      await(FOREVER);
    }
  }

  private void pause(Outcome outcome, Duration length) {
    outages.failed(outcome.cause(), line(outcome).with("again_in", Durations.ofPause(length)));
    owner.attemptFailed();
    await(length);
  }

  /** Pauses, unless a stop or another attempt is requested; an interrupt is a stop. */
  void await(Duration length) {
    if (!isStopping && !isRetryRequested && !pause.await(length)) {
      close();
    }
  }

  private LogEvent line(Outcome outcome) {
    return event(outcome.event()).with(REMOTE_PROXY, peer.address()).with("cause", outcome.cause());
  }

  @Override
  public void servicesChanged() {
    peer.services().settingsChanged();
    sessions.forEach(SessionRun::servicesChanged);
  }

  @Override
  public void healthChanged(String service) {
    sessions.forEach(session -> session.healthChanged(service));
  }

  /** Ends the pause before the next attempt, or an attempt that is still connecting. */
  @Override
  public void tryNow() {
    isRetryRequested = true;
    ConnectAttempt attempt = connecting;
    if (attempt == null) {
      pause.end();
    } else {
      attempt.redial();
    }
  }

  @Override
  public void drain(Duration limit) {
    stop(limit, SessionRun::drain);
    // A session that drains ends with its last visitor only.
    role.deadlines().after(limit, this::close);
  }

  @Override
  public void close() {
    stop(Duration.ZERO, SessionRun::close);
    visitors.reset();
  }

  private void stop(Duration limit, Consumer<SessionRun> endSession) {
    sessions.finishWithin(limit);
    isStopping = true;
    attempts.closeAll(ConnectAttempt::cancel);
    sessions.closeAll(endSession);
    pause.end();
  }

  private final class Host implements SessionRun.Host {
    private final ProcessClaim claim;

    Host(ProcessClaim claim) {
      this.claim = claim;
    }

    @Override
    public void serving() {
      peer.services().recordServing();
      members.recovered(SessionLoop.this);
      role.counters().count(Counter.SESSIONS);
      outages.restored();
    }

    @Override
    public void served(String service, List<HostPort> addresses) {
      addresses.forEach(
          address -> role.listener().served(service, peer.reachable(address), peer.address()));
      if (addresses.isEmpty()) {
        logWithoutAddress(service);
      }
    }

    /** Such as that of a service at a Unix socket of the remote proxy. */
    private void logWithoutAddress(String service) {
      String event = "serving visitors";
      sessionLines.info(
          event + " " + service,
          event(event).with("service", service).with(REMOTE_PROXY, peer.address()));
    }

    @Override
    public boolean canOverlap() {
      return !role.settings().failFast() && sessions.canOverlap();
    }

    @Override
    public void ended(SessionRun session) {
      sessions.remove(session);
      claim.release();
    }
  }
}
