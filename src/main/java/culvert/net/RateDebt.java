package culvert.net;

import java.util.concurrent.TimeUnit;

/**
 * A rate, and the time that bytes which have passed still take at it. Time that no bytes have used
 * is kept up to a quarter of a second. Of all methods, only {@link #isUnlimited} and {@link #piece}
 * are safe for use by several threads.
 */
final class RateDebt {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** The unused time that is kept. */
  static final long BURST_NANOS = SECOND / 4;

  /** Bytes of this part of a second pass at a time, within these limits. */
  private static final int PIECES_PER_SECOND = 20;

  private static final int MIN_PIECE = 512;
  private static final int MAX_PIECE = 64 * 1024;

  /** Bytes per second. */
  private volatile long rate = TokenBucket.UNLIMITED;

  /** When the bytes that have passed will be paid for. */
  private long paidNanos;

  RateDebt(long now) {
    this.paidNanos = now - BURST_NANOS;
  }

  /**
   * Sets another rate. What is owed stays owed for the time that it takes at the higher one of both
   * rates: a lower rate does not stop later bytes for what was permitted before.
   *
   * @return the factor by which what is owed has changed
   */
  double setRate(long now, long bytesPerSecond) {
    boolean isKept = !isUnlimited() && bytesPerSecond != TokenBucket.UNLIMITED;
    double factor = isKept ? Math.min(1, (double) rate / bytesPerSecond) : 0;
    paidNanos = now + (long) (waitNanos(now) * factor);
    rate = bytesPerSecond;
    return factor;
  }

  long rate() {
    return rate;
  }

  boolean isUnlimited() {
    return rate == TokenBucket.UNLIMITED;
  }

  /** Returns how many bytes of a sender may pass at a time, so that others have their turn. */
  int piece() {
    long current = rate;
    return current == TokenBucket.UNLIMITED
        ? Integer.MAX_VALUE
        : Math.clamp(current / PIECES_PER_SECOND, MIN_PIECE, MAX_PIECE);
  }

  /** Returns the time that bytes take. */
  long nanos(int bytes) {
    return isUnlimited() ? 0 : bytes * SECOND / rate;
  }

  /** Returns the time until nothing is owed; zero if that is now. */
  long waitNanos(long now) {
    return isUnlimited() ? 0 : Math.max(0, paidNanos - now);
  }

  /** Adds bytes that pass now. */
  void add(long now, int bytes) {
    boolean isIdle = paidNanos - (now - BURST_NANOS) < 0;
    paidNanos = (isIdle ? now - BURST_NANOS : paidNanos) + nanos(bytes);
  }

  /** Removes bytes that did not pass after all. */
  void remove(int bytes) {
    paidNanos -= nanos(bytes);
  }
}
