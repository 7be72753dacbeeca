package culvert.mux;

import culvert.protocol.ProtocolException;

/**
 * Limits frames without payload from the peer: PINGs, grants, frames for ended streams, repeated
 * offers. Each frame uses one unit; units are refilled with time and with transferred bytes and new
 * streams, so that a correct peer never runs out. Not thread-safe: only the link's reader uses it.
 */
final class ControlFrameBudget {

  private static final double INITIAL = 20_000;
  private static final double PER_SECOND = 2_000;
  private static final double PER_KIB = 1;

  /** A stream needs an answer, two ends, a reset and a first grant in each direction. */
  private static final double PER_STREAM = 8;

  private final double max;
  private double frames = INITIAL;
  private long lastNanos;
  private long lastMoved;

  /**
   * Creates a full budget.
   *
   * @param streams maximum number of concurrent streams: all may end at once, with late frames
   */
  ControlFrameBudget(long nowNanos, int streams) {
    max = INITIAL + PER_STREAM * streams;
    lastNanos = nowNanos;
  }

  /**
   * Refills the budget; {@code moved} is the number of bytes transferred on the link so far, in
   * both directions.
   */
  void refill(long nowNanos, long moved) {
    double earned =
        (nowNanos - lastNanos) / 1e9 * PER_SECOND + (moved - lastMoved) / 1024.0 * PER_KIB;
    frames = Math.min(max, frames + earned);
    lastNanos = nowNanos;
    lastMoved = moved;
  }

  /** Refills the budget for a new stream. */
  void refillForStream() {
    frames = Math.min(max, frames + PER_STREAM);
  }

  /** Uses one unit for a frame without payload. */
  void spend() throws ProtocolException {
    if (--frames < 0) {
      throw new ProtocolException("too many frames without payload");
    }
  }
}
