package culvert.bounce.server;

import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import java.io.IOException;
import java.time.Duration;

/** Why members end, in words for an operator; the wire has its own for who does not get in. */
final class DisconnectReason {

  /** Its bytes have ended, and in a pair both directions. */
  static final String CLOSED_BY_PEER = "closed by the peer";

  /** The same, while there was nobody to hear what it had said. */
  static final String CLOSED_UNDELIVERED = "closed by the peer, and nobody had heard what it said";

  /** An operator did it. */
  static final String KILLED = "Disconnected by server";

  /** The server is stopping. */
  static final String SERVER_STOPPED = "the server stopped";

  /** The other one of the pair broke, or was ended. */
  static final String PARTNER_ENDED = "ended with its peer";

  /** Which the log tells more of. */
  static final String INTERNAL_ERROR = "a bug";

  private DisconnectReason() {}

  /** Its connection broke. */
  static String broken(IOException cause) {
    return "broken: " + cause(cause);
  }

  /** What is wrong with a connection. */
  static String cause(IOException cause) {
    return String.valueOf(cause.getMessage());
  }

  /** Somebody wrote to it for so long in vain. */
  static String stalled(Duration limit) {
    return "took nothing for " + Durations.of(limit);
  }

  /** It was a stranger until the end. */
  static String notJoined(HandshakeLimiter.Reason reason) {
    return "joined no group: " + reason;
  }

  /** One direction of the pair had ended, and the other did not go on. */
  static String idleHalfClosed(Duration limit) {
    return "half-closed and silent for " + Durations.of(limit);
  }
}
