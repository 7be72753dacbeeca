package culvert.mux;

import culvert.protocol.ProtocolException;

/**
 * How many frames that carry nothing a peer may send: pings, grants, frames for streams already
 * over, offers made again and again. Each costs a place; places come back with time and with bytes
 * and streams that do move, of which a peer that means well always has enough. Not thread-safe: the
 * link's reader alone asks.
 */
final class ControlFrameBudget {

  private static final double INITIAL = 20_000;
  private static final double PER_SECOND = 2_000;
  private static final double PER_KIB = 1;

  /** A stream has an answer, two ends, a reset and a first grant each way. */
  private static final double PER_STREAM = 8;

  private final double max;
  private double frames = INITIAL;
  private long lastNanos;
  private long lastMoved;

  /**
   * A full measure of patience.
   *
   * @param streams how many there can be at a time: all may end at once, and be late
   */
  ControlFrameBudget(long nowNanos, int streams) {
    max = INITIAL + PER_STREAM * streams;
    lastNanos = nowNanos;
  }

  /** Earns places; {@code moved} counts all bytes of the link so far, both ways. */
  void refill(long nowNanos, long moved) {
    double earned =
        (nowNanos - lastNanos) / 1e9 * PER_SECOND + (moved - lastMoved) / 1024.0 * PER_KIB;
    frames = Math.min(max, frames + earned);
    lastNanos = nowNanos;
    lastMoved = moved;
  }

  /** Earns the places of a stream that began. */
  void refillForStream() {
    frames = Math.min(max, frames + PER_STREAM);
  }

  /** Pays for a frame that carried nothing. */
  void spend() throws ProtocolException {
    if (--frames < 0) {
      throw new ProtocolException("too many frames that carry nothing");
    }
  }
}
