package culvert.accept;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides which side caused a handshake to fail, and so what is counted, logged and sent before the
 * connection is closed. Another protocol, a refused login, a protocol error and the loss of the
 * slot are the peer's fault and logged at WARN, one line per source and period. A peer that only
 * disconnects is logged at DEBUG.
 */
public final class HandshakeFailures {

  private final String peerKind;
  private final LimitedLog<SourcePrefix> limited;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;

  /**
   * Creates a handler whose log lines share one limit.
   *
   * @param peerKind the kind of client expected, such as {@code origin proxy}, for log events
   * @param logPeriod in which one source gets one log line
   */
  public HandshakeFailures(
      String peerKind, Duration logPeriod, Deadlines deadlines, Counters counters, Log log) {
    this.peerKind = peerKind;
    this.limited = new LimitedLog<>(log, counters, 1, logPeriod);
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
  }

  /**
   * Counts and logs the failure and closes the connection. Blocks for a moment if the peer must
   * still receive an answer.
   *
   * @param connection as it was accepted, below any transport
   * @param slotLoss why the connection lost its slot in the {@link HandshakeLimiter}, if it did
   */
  public void handle(
      Connection connection, IOException cause, Optional<HandshakeLimiter.Reason> slotLoss) {
    switch (cause) {
      case ForeignPeerException e -> {
        counters.count(Counter.FOREIGN_PEERS);
        warn(connection, "foreign protocol rejected", e.getMessage());
        LingeringClose.sendAndClose(connection, e.answer(), deadlines);
      }
      case PeerRefusedException e -> {
        counters.count(Counter.REFUSED_PEERS);
        logRejected(connection, e.getMessage());
        LingeringClose.sendAndClose(connection, new byte[0], deadlines);
      }
      case ProtocolException e -> {
        counters.count(Counter.PROTOCOL_ERRORS);
        warn(connection, "handshake failed", e.getMessage());
        LingeringClose.sendAndClose(connection, new byte[0], deadlines);
      }
      default -> {
        if (slotLoss.isPresent()) {
          warn(connection, "handshake not completed", slotLoss.get().toString());
        } else {
          log.debug(
              event("handshake aborted")
                  .with("peer", HostPort.of(connection.peer()))
                  .with("cause", cause.getMessage()));
        }
        connection.close();
      }
    }
  }

  /** Logs a rejection that the caller counts and answers itself. */
  public void logRejected(Connection connection, String cause) {
    warn(connection, peerKind + " rejected", cause);
  }

  private void warn(Connection connection, String event, String cause) {
    limited.warn(
        SourcePrefix.of(connection.peer().getAddress()),
        event(event).with("peer", HostPort.of(connection.peer())).with("cause", cause));
  }
}
