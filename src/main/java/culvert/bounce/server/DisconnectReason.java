package culvert.bounce.server;

import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import java.io.IOException;
import java.time.Duration;

/**
 * Reasons for which members are disconnected, as shown to the operator. Clients that are refused
 * receive the texts of {@link culvert.protocol.bounce.BounceRefusal}.
 */
final class DisconnectReason {

  /** The member closed its output; in a pair, both members did. */
  static final String CLOSED_BY_PEER = "closed by the peer";

  /** The member closed its output before a second member had joined to receive its bytes. */
  static final String CLOSED_UNDELIVERED = "closed by the peer; its data was not delivered";

  /** An operator closed the connection; the text is the original program's. */
  static final String KILLED = "Disconnected by server";

  /** The server stops. */
  static final String SERVER_STOPPED = "the server stopped";

  /** The other member of the pair failed or was disconnected. */
  static final String PARTNER_ENDED = "the paired member ended";

  /** The connection was reset by the peer while a relay used it. */
  static final String RESET = "failed: Connection reset";

  /** The log has the details. */
  static final String INTERNAL_ERROR = "internal error";

  private DisconnectReason() {}

  /** Returns the reason for a connection that failed. */
  static String failed(IOException cause) {
    return "failed: " + cause.getMessage();
  }

  /** Returns the reason for a member to which nothing could be written for so long. */
  static String stalled(Duration limit) {
    return "too slow: accepted no data for " + Durations.of(limit);
  }

  /** Returns the reason for a connection that was closed before its handshake was complete. */
  static String notJoined(HandshakeLimiter.Reason reason) {
    return "joined no group: " + reason;
  }

  /** Returns the reason for a pair with one direction closed and the other idle for so long. */
  static String idleHalfClosed(Duration limit) {
    return "half-closed and idle for " + Durations.of(limit);
  }

  /** Returns the reason for a member that neither sent nor received a byte for this time. */
  static String idle(Duration limit) {
    return "idle for " + Durations.of(limit);
  }
}
