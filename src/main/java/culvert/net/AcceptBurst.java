package culvert.net;

import java.util.function.LongSupplier;

/**
 * Detects a burst of accepts. A virtual thread whose accepts never wait keeps its carrier and fills
 * the scheduler's queue with the threads of new connections; everything else in the process would
 * wait behind them. It yields after a few instead, and connections wait in the accept queue of
 * their socket. For use by the accepting thread.
 */
final class AcceptBurst {

  /** Number of accepts in a row that did not wait, after which other threads run. */
  static final int MAX_ACCEPTS = 16;

  /** An accept that takes longer has waited for its connection. */
  static final long WAIT_NANOS = 100_000;

  private final LongSupplier nanoTime;
  private long sinceNanos;
  private int accepts;

  /** Creates a detector that reads the time from {@code nanoTime}. */
  AcceptBurst(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Called before an accept. */
  void begin() {
    sinceNanos = nanoTime.getAsLong();
  }

  /** Called after an accept; returns whether other threads should run before the next one. */
  boolean isLongAfterAccept() {
    accepts = nanoTime.getAsLong() - sinceNanos < WAIT_NANOS ? accepts + 1 : 0;
    if (accepts < MAX_ACCEPTS) {
      return false;
    }
    accepts = 0;
    return true;
  }
}
