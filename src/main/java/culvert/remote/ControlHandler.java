package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * What happens to a connection at the control address, in its own thread: the handshake under the
 * bounds of strangers, then the session. Whose fault it was if none came is decided here.
 */
final class ControlHandler implements Listener.Handler, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final Dialect dialect;
  private final SessionHandler sessions;
  private final HandshakeLimiter halfOpen;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
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
    this.lines = new LimitedLog<>(log, counters, 1, logPeriod);
    this.deadlines = deadlines;
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
      refuse(connection, e, place.lossReason());
    } catch (RuntimeException | Error e) {
      log.bug("a control connection met a bug", e);
      connection.close();
    } finally {
      place.release();
      handshakes.remove(connection);
    }
  }

  private void refuse(
      Connection connection, IOException cause, Optional<HandshakeLimiter.Reason> placeLost) {
    switch (cause) {
      case ForeignPeerException e -> {
        counters.count(Counter.FOREIGN_PEERS);
        limited(connection, "not an origin proxy", e.getMessage());
        LingeringClose.sendAndClose(connection, e.answer(), deadlines);
      }
      case RefusedException e -> {
        counters.count(Counter.REFUSED_PEERS);
        limited(connection, "origin proxy refused", e.getMessage());
        LingeringClose.sendAndClose(connection, new byte[0], deadlines);
      }
      case ProtocolException e -> {
        counters.count(Counter.PROTOCOL_ERRORS);
        limited(connection, "handshake broke the protocol", e.getMessage());
        LingeringClose.sendAndClose(connection, new byte[0], deadlines);
      }
      default -> {
        if (placeLost.isPresent()) {
          limited(connection, "no handshake in time", placeLost.get().toString());
        } else {
          log.debug(
              event("control connection ended early")
                  .with("peer", HostPort.of(connection.peer()))
                  .with("cause", cause.getMessage()));
        }
        connection.close();
      }
    }
  }

  /** Waits for data channels that were asked for, as the dialect does. */
  void awaitClaims(Duration limit) {
    dialect.awaitClaims(limit);
  }

  private void limited(Connection connection, String event, String cause) {
    lines.warn(
        SourcePrefix.of(connection.peer().getAddress()),
        event(event).with("peer", HostPort.of(connection.peer())).with("cause", cause));
  }

  /** Ends every handshake under way; who logs in from now on is turned away. */
  @Override
  public void close() {
    handshakes.closeAll(Connection::close);
    handshakes.awaitEmpty(CLOSE_LIMIT);
  }
}
