package culvert.dialect.bore;

import java.time.Duration;

/**
 * Chooses the port that a client requests: the configured one or, if any port is accepted, the one
 * assigned before. Used by one thread.
 */
final class PortRequest {

  /**
   * A server may hold a port for a dead client, including this client's previous session, until it
   * detects that. After this time any other port is better than none.
   */
  private static final Duration RETRY_PERIOD = Duration.ofMinutes(1);

  private final int preferred;
  private int previous;
  private boolean refused;
  private long refusedNanos;

  /** Requests the given port, or any if it is 0. */
  PortRequest(int preferred) {
    this.preferred = preferred;
  }

  /** Returns the port to request now; 0 for any. */
  int next() {
    return preferred == 0 ? previous : preferred;
  }

  /** Records the port that the server assigned. */
  void assigned(int port) {
    previous = port;
    refused = false;
  }

  /**
   * Records that the server reports the port as in use.
   *
   * @return whether to request again; if not, this client never had the port and another client
   *     holds it
   */
  boolean rejectedAsInUse(long nowNanos) {
    if (previous == 0) {
      return false;
    }
    if (!refused) {
      refused = true;
      refusedNanos = nowNanos;
    } else if (preferred == 0 && nowNanos - refusedNanos >= RETRY_PERIOD.toNanos()) {
      previous = 0;
    }
    return true;
  }

  /**
   * Records that the server does not allow the port to any client.
   *
   * @return whether to request again, with another port
   */
  boolean rejectedAsForbidden() {
    boolean another = preferred == 0 && previous != 0;
    previous = another ? 0 : previous;
    return another;
  }
}
