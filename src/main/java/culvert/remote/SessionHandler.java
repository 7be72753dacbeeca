package culvert.remote;

import culvert.net.Connection;
import culvert.net.HandshakeLimiter;
import culvert.net.OpenSet;
import culvert.net.SilentPeerException;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A session's life in its connection's thread: login, what it serves, and how it ended. */
final class SessionHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** What one that was not let in may do. */
  private static final ServiceRegistry NOTHING =
      new ServiceRegistry() {
        @Override
        public void offer(Session session, String service, Consumer<Answer> answer) {}

        @Override
        public void offer(Session session, String service, int port, Consumer<Answer> answer) {}

        @Override
        public void withdraw(Session session, String service) {}

        @Override
        public void drains(Session session, boolean busy) {}
      };

  private final Membership membership;
  private final HandshakeLimiter halfOpen;
  private final Counters counters;
  private final OpenSet<Session> sessions = new OpenSet<>();

  SessionHandler(Membership membership, HandshakeLimiter halfOpen, Counters counters) {
    this.membership = membership;
    this.halfOpen = halfOpen;
    this.counters = counters;
  }

  /**
   * One that serves nothing is still a stranger, and keeps a stranger's place: before its first
   * service, after its last, and when it was refused, evicted or drained and does not go.
   */
  private final class Presence {
    private final Connection connection;
    private final Session session;
    private final ReentrantLock lock = new ReentrantLock();

    /** The lock guards it. */
    private HandshakeLimiter.Slot place;

    private boolean held = true;
    private boolean left;

    Presence(Connection connection, Session session, HandshakeLimiter.Slot place) {
      this.connection = connection;
      this.session = session;
      this.place = place;
      place.onLost(this::end);
    }

    /** Services came or went. */
    void update() {
      lock.lock();
      try {
        boolean serves = membership.serves(session);
        if (serves && held) {
          place.release();
        } else if (!serves && !held && !left) {
          place = halfOpen.acquire(SourcePrefix.of(connection.peer().getAddress()), this::end);
        }
        held = !serves;
      } finally {
        lock.unlock();
      }
    }

    /** Nobody waits for the last words of one that newer ones push out. */
    private void end(HandshakeLimiter.Reason reason) {
      switch (reason) {
        case TIMEOUT -> session.close(ByeReason.BUSY, "the session served nothing in time");
        case EVICTED -> connection.reset();
      }
    }

    void leave() {
      lock.lock();
      try {
        left = true;
        place.release();
      } finally {
        lock.unlock();
      }
    }

    /** Why the session ended, if this side did not let it live; else what it says itself. */
    String cause(String otherwise) {
      lock.lock();
      try {
        if (place.lossReason().isEmpty()) {
          return otherwise;
        }
        return "it served nothing: " + place.lossReason().get();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Lives the session until it is over; the connection is closed then. */
  void live(Connection connection, Session session, HandshakeLimiter.Slot place) {
    if (!sessions.add(session)) {
      connection.close();
      return;
    }
    var presence = new Presence(connection, session, place);
    try {
      var refusal = membership.admit(session, presence::update);
      if (refusal.isPresent()) {
        refuse(session, refusal.get());
      } else {
        counters.count(Counter.SESSIONS);
        membership.tell(session, "session begins");
        serve(session, presence);
      }
    } finally {
      membership.leave(session);
      presence.leave();
      sessions.remove(session);
      connection.close();
    }
  }

  private void refuse(Session session, Roster.Refusal refusal) {
    boolean busy = refusal.reason() == ByeReason.BUSY;
    counters.count(busy ? Counter.SESSIONS_OVER_LIMIT : Counter.REFUSED_PEERS);
    membership.warn(session, "origin proxy refused", "cause", refusal.why());
    session.close(refusal.reason(), refusal.why());
    try {
      // It hears why when it is served.
      session.serve(NOTHING);
    } catch (IOException e) {
      // Or it did not want to hear.
    }
  }

  private void serve(Session session, Presence presence) {
    try {
      session.serve(membership);
      membership.tell(session, "session ended", "cause", presence.cause("closed from this side"));
    } catch (ProtocolException e) {
      counters.count(Counter.PROTOCOL_ERRORS);
      membership.warn(session, "session broke the protocol", "cause", e.getMessage());
    } catch (SilentPeerException e) {
      counters.count(Counter.SESSIONS_SILENT);
      membership.warn(session, "session lost", "cause", e.getMessage());
    } catch (IOException e) {
      membership.tell(session, "session ended", "cause", presence.cause(e.getMessage()));
    }
  }

  /** Lets nobody in any more; sessions end when their last visitor has gone. */
  void drain() {
    sessions.closeAll(Session::drain);
  }

  /** Waits until the last session is over; returns false if that takes longer than the limit. */
  boolean awaitGone(Duration limit) {
    return sessions.awaitEmpty(limit);
  }

  /** Ends every session. */
  @Override
  public void close() {
    sessions.closeAll(session -> session.close(ByeReason.STOPPING, "the remote proxy is stopping"));
    sessions.awaitEmpty(CLOSE_LIMIT);
  }
}
