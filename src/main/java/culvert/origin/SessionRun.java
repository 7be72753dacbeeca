package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.LimitedLog;
import culvert.observe.LogEvent;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A session from its login to its end. It runs in a thread of its own, so that the next attempt can
 * begin while this session's visitors finish at a remote proxy that is stopping.
 */
final class SessionRun implements OriginSession.Listener {

  /** The role, as its sessions see it. The session's thread calls all methods; none may block. */
  interface Host {
    /** The session serves every service that it has offered, except those that were declined. */
    void serving();

    /** The remote proxy serves a service of the session at these addresses. */
    void served(String service, List<HostPort> addresses);

    /** Returns whether the next attempt may begin while this session drains. */
    boolean canOverlap();

    /** The session has ended and its connection is closed. */
    void ended(SessionRun run);
  }

  private final RoleParts role;
  private final RemotePeer peer;
  private final ConnectAttempt.Login login;
  private final SessionServices services;
  private final Host host;
  private final LimitedLog<String> lines;

  /** Completed when the next attempt is due: at the end, or when the remote proxy drains. */
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  /** Why the remote proxy declined a service, or null; confined to the session's thread. */
  private String declined;

  /** Whether it was declined because another origin proxy serves it; as {@link #declined}. */
  private boolean isInUse;

  /** Services that other origin proxies serve too; confined to the session's thread. */
  private final Set<String> sharedServices = new HashSet<>();

  /** Guards the fields below, which the session's thread and the deadline for the offers share. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean isServing;
  private long servingSinceNanos;
  private String closeCause = "closed from this side";

  /**
   * Creates a session that does not run yet.
   *
   * @param lines the log of lines whose number the remote proxy decides
   */
  SessionRun(
      RoleParts role,
      RemotePeer peer,
      ConnectAttempt.Login login,
      Host host,
      LimitedLog<String> lines) {
    this.role = role;
    this.peer = peer;
    this.login = login;
    this.services = new SessionServices(peer, login.session(), role, lines);
    this.host = host;
    this.lines = lines;
  }

  /** Starts the session's thread. */
  void start() {
    Threads.start("session with " + peer.address(), this::run);
  }

  /** Blocks until the session has ended, or the next attempt may begin because it drains. */
  Outcome awaitOutcome() {
    return outcome.join();
  }

  private void run() {
    Duration limit = role.settings().timeouts().handshake();
    Duration left = limit.minusNanos(System.nanoTime() - login.beganNanos());
    var offers = role.deadlines().after(left, this::closeIfNotServing);
    Outcome ended = serve();
    offers.cancel();
    services.end();
    login.connection().close();
    host.ended(this);
    if (!outcome.complete(ended)) {
      Connection connection = login.connection();
      logEvent("drained session ended", HostPort.of(connection.peer()));
    }
  }

  private Outcome serve() {
    try {
      login.session().serve(services.login(), this, role.streams(), role.flows());
      return declined == null
          ? new Outcome(Outcome.Kind.LOST, closeCause(), served())
          : new Outcome(isInUse ? Outcome.Kind.IN_USE : Outcome.Kind.DECLINED, declined, served());
    } catch (IOException e) {
      return Outcome.failed(e, true, served());
    } catch (RuntimeException | Error e) {
      LogEvent event = event("internal error in session");
      role.log().bug(event.with(SessionLoop.REMOTE_PROXY, peer.address()), e);
      return new Outcome(Outcome.Kind.LOST, "internal error", served());
    }
  }

  private void closeIfNotServing() {
    lock.lock();
    try {
      if (isServing) {
        return;
      }
      closeCause =
          "no answer to the offers within " + Durations.of(role.settings().timeouts().handshake());
    } finally {
      lock.unlock();
    }
    close();
  }

  private String closeCause() {
    lock.lock();
    try {
      return closeCause;
    } finally {
      lock.unlock();
    }
  }

  private Duration served() {
    lock.lock();
    try {
      return isServing ? Duration.ofNanos(System.nanoTime() - servingSinceNanos) : Duration.ZERO;
    } finally {
      lock.unlock();
    }
  }

  /** Offers and withdraws services as the settings want now; does not block. */
  void servicesChanged() {
    services.update();
  }

  /** Reports the health of a service as it is now; does not block. */
  void healthChanged(String service) {
    services.healthChanged(service);
  }

  /** Ends the session; does not block. */
  void close() {
    services.end();
    login.session().close();
  }

  /** Lets the session's visitors finish; does not block. */
  void drain() {
    services.end();
    login.session().drain();
  }

  @Override
  public void served(String service, List<HostPort> addresses) {
    services.served(service);
    host.served(service, addresses);
    answered();
  }

  /** Begins to serve after the last answer of the login; later answers may permit a change. */
  private void answered() {
    if (services.isLoginComplete() && beginServing()) {
      host.serving();
      logEvent("session started", peer.address());
    }
    services.update();
  }

  private void logEvent(String event, Object remoteProxy) {
    lines.info(event, event(event).with(SessionLoop.REMOTE_PROXY, remoteProxy));
  }

  /** Returns false if the session serves already. */
  private boolean beginServing() {
    lock.lock();
    try {
      if (isServing) {
        return false;
      }
      isServing = true;
      servingSinceNanos = System.nanoTime();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The service stays without visitors; it is logged with each session. */
  @Override
  public void unsupported(String service, String why) {
    services.unsupported(service);
    role.log()
        .warn(
            event("service not offered")
                .with("service", service)
                .with("cause", why)
                .with(SessionLoop.REMOTE_PROXY, peer.address()));
  }

  @Override
  public void declined(
      Offer offer, List<OfferedService> together, DeclinedReason reason, String why) {
    if (services.declined(offer, together, reason, why)) {
      answered();
    } else {
      declined = offer + ": " + why;
      isInUse = reason == DeclinedReason.IN_USE;
      close();
    }
  }

  @Override
  public void revoked(String service, String why) {
    services.revoked(service, why);
    services.update();
  }

  @Override
  public void permitted(String service) {
    services.permitted(service);
    services.update();
  }

  @Override
  public void shared(String service, int others, List<String> names) {
    if (others > 0) {
      role.log()
          .info(
              event("service shared")
                  .with("service", service)
                  .with("origin_proxies", String.join(",", names))
                  .with("others", others)
                  .with(SessionLoop.REMOTE_PROXY, peer.address()));
      sharedServices.add(service);
    } else if (sharedServices.remove(service)) {
      role.log()
          .info(
              event("service no longer shared")
                  .with("service", service)
                  .with(SessionLoop.REMOTE_PROXY, peer.address()));
    }
  }

  @Override
  public void draining() {
    services.end();
    logEvent("remote proxy stopping", peer.address());
    if (host.canOverlap()) {
      outcome.complete(
          new Outcome(Outcome.Kind.DRAINING, "the remote proxy is stopping", served()));
    }
  }
}
