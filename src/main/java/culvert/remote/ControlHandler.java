package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.accept.HandshakeFailures;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;

/**
 * What happens to a connection at the control address, in its own thread: the handshake under the
 * bounds of strangers, then the session. Whose fault it was if none came is decided here.
 */
final class ControlHandler implements Listener.Handler, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final Dialect dialect;
  private final SessionHandler sessions;
  private final HandshakeLimiter halfOpen;
  private final Counters counters;
  private final Log log;
  private final HandshakeFailures failures;
  private final OpenSet<Connection> handshakes = new OpenSet<>();

  ControlHandler(
      Dialect dialect,
      SessionHandler sessions,
      HandshakeLimiter halfOpen,
      Duration logPeriod,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.dialect = dialect;
    this.sessions = sessions;
    this.halfOpen = halfOpen;
    this.failures = new HandshakeFailures("origin proxy", logPeriod, deadlines, counters, log);
    this.counters = counters;
    this.log = log;
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    counters.count(Counter.ACCEPT_FAILURES);
    if (first) {
      log.warn(
          event("cannot accept origin proxies for a moment")
              .with("cause", cause.getMessage())
              .with("pause", Durations.of(pause)));
    }
  }

  @Override
  public void handle(SocketConnection connection) {
    serve(connection);
  }

  /** The same for a connection that came another way; returns when it is over. */
  void serve(Connection connection) {
    if (!handshakes.add(connection)) {
      connection.reset();
      return;
    }
    var place =
        halfOpen.acquire(
            SourcePrefix.of(connection.peer().getAddress()), reason -> connection.close());
    try {
      Dialect.Accepted accepted = dialect.accept(connection);
      handshakes.remove(connection);
      switch (accepted) {
        case Dialect.Accepted.Joined joined -> sessions.live(connection, joined.session(), place);
        // The connection belongs to the visitor it was waited for by.
        case Dialect.Accepted.Claimed claimed -> {}
      }
    } catch (IOException e) {
      failures.handle(connection, e, place.lossReason());
    } catch (RuntimeException | Error e) {
      log.bug("a control connection met a bug", e);
      connection.close();
    } finally {
      place.release();
      handshakes.remove(connection);
    }
  }

  /** Waits for data channels that were asked for, as the dialect does. */
  void awaitClaims(Duration limit) {
    dialect.awaitClaims(limit);
  }

  /** Ends every handshake under way; who logs in from now on is turned away. */
  @Override
  public void close() {
    handshakes.closeAll(Connection::close);
    handshakes.awaitEmpty(CLOSE_LIMIT);
  }
}
