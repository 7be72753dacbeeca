package culvert.dialect.bore;

import java.time.Duration;

/**
 * Which port a client asks for: the one it wants or, if any will do, the one it had before. One
 * thread uses it.
 */
final class PortRequest {

  /**
   * A server may hold a port for a client that is gone, ours included, until it has noticed. Any
   * port is better than none after that.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final int wanted;
  private int had;
  private boolean refused;
  private long refusedNanos;

  /** Wants a port, or any if it is 0. */
  PortRequest(int wanted) {
    this.wanted = wanted;
  }

  /** What to ask for now; 0 for any. */
  int next() {
    return wanted == 0 ? had : wanted;
  }

  /** The server has given this one. */
  void taken(int port) {
    had = port;
    refused = false;
  }

  /**
   * The server says that the port is in use.
   *
   * @return whether to ask again; without it the port was never this client's, and is another's
   */
  boolean inUse(long nowNanos) {
    if (had == 0) {
      return false;
    }
    if (!refused) {
      refused = true;
      refusedNanos = nowNanos;
    } else if (wanted == 0 && nowNanos - refusedNanos >= PATIENCE.toNanos()) {
      had = 0;
    }
    return true;
  }

  /**
   * The server says that nobody may have the port.
   *
   * @return whether to ask again, for another
   */
  boolean forbidden() {
    boolean another = wanted == 0 && had != 0;
    had = another ? 0 : had;
    return another;
  }
}
