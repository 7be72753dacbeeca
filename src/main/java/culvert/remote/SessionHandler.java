package culvert.remote;

import static culvert.remote.SessionLog.about;

import culvert.net.Connection;
import culvert.net.HandshakeLimiter;
import culvert.net.OpenSet;
import culvert.net.SilentPeerException;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.Offer;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Runs each session in its connection's thread, from its admission to its end. */
final class SessionHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** The services of a session that was refused. */
  private static final ServiceRegistry NO_SERVICES =
      new ServiceRegistry() {
        @Override
        public void register(
            Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer) {}

        @Override
        public void withdraw(Session session, String service) {}

        @Override
        public void draining(Session session, boolean busy) {}
      };

  private final Registry registry;
  private final Counters counters;
  private final SessionLog log;
  private final OpenSet<Session> sessions = new OpenSet<>();

  SessionHandler(Registry registry, Counters counters, SessionLog log) {
    this.registry = registry;
    this.counters = counters;
    this.log = log;
  }

  /**
   * Holds a slot for unauthenticated connections while a session serves nothing: before its first
   * service, after its last, and when it was refused, evicted or drained and has not ended yet.
   */
  private final class UnservedSlot {
    private final Connection connection;
    private final Session session;

    /**
     * Guards the fields below. The locks of the limiter and of the registry may be taken inside it.
     */
    private final ReentrantLock lock = new ReentrantLock();

    private HandshakeLimiter.Slot slot;
    private boolean isHeld = true;
    private boolean isOver;

    UnservedSlot(Connection connection, Session session, HandshakeLimiter.Slot slot) {
      this.connection = connection;
      this.session = session;
      this.slot = slot;
      slot.onLost(this::end);
    }

    /** Acquires or releases the slot after the session's services changed. */
    void update() {
      lock.lock();
      try {
        boolean isServing = registry.isServing(session);
        if (isServing && isHeld) {
          slot.release();
        } else if (!isServing && !isHeld && !isOver) {
          slot = slot.acquireAgain(this::end);
        }
        isHeld = !isServing;
      } finally {
        lock.unlock();
      }
    }

    /** An evicted session is reset: a lingering close would keep it open for longer. */
    private void end(HandshakeLimiter.Reason reason) {
      switch (reason) {
        case TIMEOUT -> session.close(ByeReason.BUSY, "the session served nothing in time");
        case EVICTED -> connection.reset();
      }
    }

    void release() {
      lock.lock();
      try {
        isOver = true;
        slot.release();
      } finally {
        lock.unlock();
      }
    }

    /** Returns why the session ended: the loss of its slot, or else the given cause. */
    String cause(String otherwise) {
      lock.lock();
      try {
        return slot.lossReason().map(reason -> "it served nothing: " + reason).orElse(otherwise);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Runs the session until it is over, then closes the connection. */
  void run(Connection connection, Session session, HandshakeLimiter.Slot slot) {
    if (!sessions.add(session)) {
      connection.close();
      return;
    }
    var unserved = new UnservedSlot(connection, session, slot);
    try {
      var refusal = registry.admit(session, unserved::update);
      if (refusal.isPresent()) {
        refuse(session, refusal.get());
      } else {
        counters.count(Counter.SESSIONS);
        log.info(session, about(session, "session started"));
        serve(session, unserved);
      }
    } finally {
      registry.remove(session);
      unserved.release();
      sessions.remove(session);
      connection.close();
    }
  }

  /** Ends a session before its admission, and sends the reason to its peer. */
  void reject(Connection connection, Session session, Roster.Refusal refusal) {
    try {
      if (sessions.add(session)) {
        refuse(session, refusal);
      }
    } finally {
      sessions.remove(session);
      connection.close();
    }
  }

  private void refuse(Session session, Roster.Refusal refusal) {
    boolean busy = refusal.reason() == ByeReason.BUSY;
    counters.count(busy ? Counter.SESSIONS_OVER_LIMIT : Counter.REFUSED_PEERS);
    log.warn(session, about(session, "origin proxy rejected").with("cause", refusal.why()));
    session.close(refusal.reason(), refusal.why());
    try {
      // Serving sends the reason to the peer.
      session.serve(NO_SERVICES);
    } catch (IOException e) {
      // The peer did not wait for the reason.
    }
  }

  private void serve(Session session, UnservedSlot unserved) {
    try {
      session.serve(registry);
      logEnded(session, unserved.cause("closed from this side"));
    } catch (ProtocolException e) {
      counters.count(Counter.PROTOCOL_ERRORS);
      log.warn(session, about(session, "session failed").with("cause", e.getMessage()));
    } catch (SilentPeerException e) {
      counters.count(Counter.SESSIONS_SILENT);
      log.warn(session, about(session, "session lost").with("cause", e.getMessage()));
    } catch (IOException e) {
      logEnded(session, unserved.cause(e.getMessage()));
    }
  }

  private void logEnded(Session session, String cause) {
    log.info(session, about(session, "session ended").with("cause", cause));
  }

  /** Refuses new sessions; each of the others ends with its last visitor. */
  void drain() {
    sessions.closeAll(Session::drain);
  }

  /** Waits until the last session has ended; returns false if the limit passes first. */
  boolean awaitEmpty(Duration limit) {
    return sessions.awaitEmpty(limit);
  }

  /** Ends every session. */
  @Override
  public void close() {
    sessions.closeAll(session -> session.close(ByeReason.STOPPING, "the remote proxy is stopping"));
    sessions.awaitEmpty(CLOSE_LIMIT);
  }
}
