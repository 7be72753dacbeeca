package culvert.remote;

import culvert.accept.AcceptFailures;
import culvert.accept.HandshakeFailures;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Descriptors;
import culvert.net.HandshakeLimiter;
import culvert.net.OpenSet;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.ByeReason;
import culvert.session.Dialect;
import culvert.session.DialectSniffer;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Handles a connection at the control address in the connection's own thread: the handshake, within
 * the limits for unauthenticated connections, then the session.
 */
final class ControlHandler {

  /** Decides whether a session may begin at the place where its connection was accepted. */
  interface Gate {
    /** Admits every session. */
    Gate OPEN =
        new Gate() {
          @Override
          public boolean tryBegin(Session session) {
            return true;
          }

          @Override
          public void end(Session session) {}
        };

    /** Begins a session; returns false if none may begin any more. */
    boolean tryBegin(Session session);

    /** Records that a session which has begun is over. */
    void end(Session session);
  }

  private static final Roster.Refusal MOVED =
      new Roster.Refusal(
          ByeReason.ERROR, "the remote proxy accepts sessions at another address now");

  private final SessionHandler sessions;
  private final HandshakeLimiter limiter;
  private final Deadlines deadlines;
  private final Log log;
  private final AcceptFailures acceptFailures;
  private final HandshakeFailures failures;
  private final OpenSet<Connection> handshakes = new OpenSet<>();

  /** Each connection uses one value from start to end. */
  private volatile Dialect dialect;

  ControlHandler(
      List<Dialect> dialects,
      SessionHandler sessions,
      HandshakeLimiter limiter,
      Duration logPeriod,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.sessions = sessions;
    this.limiter = limiter;
    this.deadlines = deadlines;
    this.dialect = DialectSniffer.of(dialects, deadlines, limiter::load);
    this.acceptFailures = new AcceptFailures("origin proxies not accepted", limiter, counters, log);
    this.failures = new HandshakeFailures("origin proxy", logPeriod, deadlines, counters, log);
    this.log = log;
  }

  /** Handles a failure of a listener, as {@link AcceptFailures#handle} does. */
  void acceptFailed(IOException cause, Duration pause, boolean first) {
    acceptFailures.handle(cause, pause, first);
  }

  /**
   * Handles a connection from any listener or channel group; returns when it is over.
   *
   * @param gate admits its session
   */
  void serve(Connection connection, Gate gate) {
    if (!handshakes.add(connection)) {
      connection.reset();
      return;
    }
    var slot =
        limiter.acquire(
            SourcePrefix.of(connection.peer().getAddress()), reason -> connection.close());
    try {
      switch (dialect.accept(connection, slot::setVerified)) {
        case Dialect.Accepted.LoggedIn joined -> {
          handshakes.remove(connection);
          run(connection, joined.session(), slot, gate);
        }
        case Dialect.Accepted.Claimed claimed -> deliver(connection, claimed.delivery(), slot);
      }
    } catch (IOException e) {
      failures.handle(connection, e, slot.lossReason());
    } catch (RuntimeException | Error e) {
      log.bug("internal error on control connection", e);
      connection.close();
    } finally {
      slot.release();
      handshakes.remove(connection);
    }
  }

  private void run(Connection connection, Session session, HandshakeLimiter.Slot slot, Gate gate) {
    if (!gate.tryBegin(session)) {
      sessions.reject(connection, session, MOVED);
      return;
    }
    try {
      sessions.run(connection, session, slot);
    } finally {
      gate.end(session);
    }
  }

  /**
   * Passes a data channel on, which neither an eviction nor a timeout nor {@link #closeHandshakes}
   * closes from then on. A channel that is refused keeps its slot until it is closed.
   */
  private void deliver(Connection connection, Dialect.Delivery delivery, HandshakeLimiter.Slot slot)
      throws IOException {
    slot.onLost(reason -> {});
    if (slot.lossReason().isPresent()) {
      throw new IOException("the data channel has lost its slot");
    }
    handshakes.remove(connection);
    try {
      delivery.deliver();
    } catch (IOException e) {
      if (!handshakes.add(connection)) {
        connection.reset();
      }
      slot.onLost(reason -> connection.close());
      throw e;
    }
    if (Descriptors.PROCESS.isReserveReached()) {
      // A visitor's data channel must not use the reserve; the visitor is reset too.
      connection.reset();
    }
  }

  /**
   * Replaces the dialects, for connections that are accepted from then on.
   *
   * @param limits those of unauthenticated connections
   */
  void use(List<Dialect> next, Endpoint.Limits limits) {
    dialect = DialectSniffer.of(next, deadlines, limiter::load);
    limiter.setMax(limits.maxInHeap(), limits.maxPerSource());
  }

  /** Waits for requested data channels, as {@link Dialect#awaitClaims} does. */
  void awaitClaims(Duration limit) {
    dialect.awaitClaims(limit);
  }

  /** Ends every handshake in progress and rejects later connections. Does not block. */
  void closeHandshakes() {
    handshakes.closeAll(Connection::close);
  }

  /** Waits until the handshakes have ended, or the limit has passed. */
  void awaitHandshakes(Duration limit) {
    handshakes.awaitEmpty(limit);
  }
}
