package culvert.remote;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Linger;
import culvert.net.Listener;
import culvert.net.Live;
import culvert.net.SocketConnection;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.RateLimit;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.session.Dialect;
import culvert.session.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What happens to a connection at the control address, in its own thread: the handshake under one
 * deadline, then the session for as long as it lasts. Whose fault an end was is decided here.
 */
final class ControlHandler implements Listener.Handler, AutoCloseable {

  private static final Duration LOG_PERIOD = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final Dialect dialect;
  private final Duration handshakeTimeout;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final RateLimit<InetAddress> lines = new RateLimit<>(LOG_PERIOD, System::nanoTime);
  private final Live<Connection> handshakes = new Live<>();
  private final Live<Session> sessions = new Live<>();
  private ServiceTable services;

  ControlHandler(
      Dialect dialect, Duration handshakeTimeout, Deadlines deadlines, Counters counters, Log log) {
    this.dialect = dialect;
    this.handshakeTimeout = handshakeTimeout;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
  }

  void serveInto(ServiceTable table) {
    this.services = table;
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    counters.count(Counter.ACCEPT_FAILURES);
    if (first) {
      log.warn(
          "cannot accept origin proxies for a moment",
          "cause",
          cause.getMessage(),
          "pause",
          Durations.of(pause));
    }
  }

  @Override
  public void handle(SocketConnection connection) {
    if (!handshakes.add(connection)) {
      connection.reset();
      return;
    }
    var late = new AtomicBoolean();
    var deadline =
        deadlines.after(
            handshakeTimeout,
            () -> {
              late.set(true);
              connection.close();
            });
    try {
      Dialect.Accepted accepted = dialect.accept(connection);
      deadline.cancel();
      handshakes.remove(connection);
      switch (accepted) {
        case Dialect.Accepted.Joined joined -> serve(connection, joined.session());
        // The connection belongs to the visitor it was waited for by.
        case Dialect.Accepted.Claimed claimed -> {}
      }
    } catch (IOException e) {
      refuse(connection, e, late.get());
    } catch (RuntimeException | Error e) {
      log.bug("a control connection met a bug", e);
      connection.close();
    } finally {
      deadline.cancel();
      handshakes.remove(connection);
    }
  }

  private void serve(Connection connection, Session session) {
    if (!sessions.add(session)) {
      connection.close();
      return;
    }
    counters.count(Counter.SESSIONS);
    log.info("session begins", "origin_proxy", session.peer());
    try {
      session.serve(services);
      log.info("session ended", "origin_proxy", session.peer(), "cause", "stopping");
    } catch (ProtocolException e) {
      counters.count(Counter.PROTOCOL_ERRORS);
      log.warn(
          "session broke the protocol", "origin_proxy", session.peer(), "cause", e.getMessage());
    } catch (IOException e) {
      log.info("session ended", "origin_proxy", session.peer(), "cause", e.getMessage());
    } finally {
      services.withdrawAll(session);
      sessions.remove(session);
      connection.close();
    }
  }

  private void refuse(Connection connection, IOException cause, boolean late) {
    switch (cause) {
      case ForeignPeerException e -> {
        counters.count(Counter.FOREIGN_PEERS);
        limited(connection, "not an origin proxy", e.peer().description());
        answer(connection, e.peer().answer());
      }
      case RefusedException e -> {
        counters.count(Counter.REFUSED_PEERS);
        limited(connection, "origin proxy refused", e.getMessage());
        answer(connection, new byte[0]);
      }
      case ProtocolException e -> {
        counters.count(Counter.PROTOCOL_ERRORS);
        limited(connection, "handshake broke the protocol", e.getMessage());
        answer(connection, new byte[0]);
      }
      default -> {
        if (late) {
          counters.count(Counter.SLOW_HANDSHAKES);
          limited(
              connection,
              "no handshake in time",
              "nothing within " + Durations.of(handshakeTimeout));
        } else {
          log.debug(
              "control connection ended early",
              "peer",
              HostPort.of(connection.peer()),
              "cause",
              cause.getMessage());
        }
        connection.close();
      }
    }
  }

  private void answer(Connection connection, byte[] words) {
    try {
      connection.output().write(ByteBuffer.wrap(words));
      connection.closeOutput();
      Linger.untilPeerCloses(connection, deadlines);
    } catch (IOException e) {
      // It did not wait for an answer.
      connection.close();
    }
  }

  private void limited(Connection connection, String event, String cause) {
    if (lines.allows(connection.peer().getAddress())) {
      log.warn(event, "peer", HostPort.of(connection.peer()), "cause", cause);
    } else {
      counters.count(Counter.LOG_LINES_SUPPRESSED);
    }
  }

  /** Ends every session and every handshake under way. */
  @Override
  public void close() {
    handshakes.end(Connection::close);
    sessions.end(Session::close);
    sessions.awaitEmpty(CLOSE_LIMIT);
    handshakes.awaitEmpty(CLOSE_LIMIT);
  }
}
