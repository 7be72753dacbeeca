package culvert.mux;

import culvert.net.MemoryBudget;

/**
 * The flow-control window of a stream's receiving half: how many bytes the peer may still send, and
 * how many it is granted when bytes were read. The window grows while the reader keeps up and its
 * share of the memory budget allows, and shrinks when memory is nearly exhausted or its share has
 * become smaller.
 *
 * <p>Has no lock of its own: {@link StreamInput} calls every method with its lock held, so that
 * window and queue change together. The caller sends a grant after it has released the lock.
 */
final class ReceiveWindow {

  private static final long MIN_ROUND_TRIP_NANOS = 1_000_000;

  /**
   * Time between two reports of a stream that the peer has ended, in nanoseconds: a tenth of the
   * streams of a session may send one each second, which the peer has credits for.
   */
  private static final long REPORT_NANOS = 10_000_000_000L;

  /** The window of any stream shrinks to this when memory is nearly exhausted, in bytes. */
  private static final long MIN_BYTES = 4 * 1024;

  /**
   * The part of a window that takes no share of the budget, in bytes: idle streams cannot return
   * theirs, and the windows of many must leave shares for others.
   */
  static final long UNSHARED_BYTES = 128 * 1024;

  private final Link link;

  /** The bytes that the peer may still send. */
  private long credit = MuxStream.FIRST_WINDOW;

  /** The bytes that the peer may send without a grant. */
  private long size = MuxStream.FIRST_WINDOW;

  /** The bytes that were read and not granted again yet. */
  private long unreported;

  /** The part of the window that was taken from the budget's promises. */
  private long promised;

  private long lastGrantNanos = System.nanoTime();

  ReceiveWindow(Link link) {
    this.link = link;
  }

  /** Uses up credit for received bytes. Returns false, and uses none, if they are too many. */
  boolean use(int bytes) {
    if (bytes > credit) {
      return false;
    }
    credit -= bytes;
    return true;
  }

  /** Records that bytes were read. */
  void consumed(long bytes) {
    unreported += bytes;
  }

  /** Returns how much to grant to the peer: nothing until a quarter of the window was read. */
  long nextGrant(long nowNanos) {
    if (unreported < size / 4) {
      return 0;
    }
    long grant = unreported + growth(nowNanos) - shrinkage();
    unreported = 0;
    credit += grant;
    lastGrantNanos = nowNanos;
    return grant;
  }

  /** Starts the reports: the peer has ended its direction. */
  void end(long nowNanos) {
    lastGrantNanos = nowNanos;
    close();
  }

  /** Returns the window's share of the budget: nothing is granted any more. */
  void close() {
    budget().promise(-promised);
    promised = 0;
  }

  /**
   * Returns how many bytes of a peer that has ended its direction to report as read: those since
   * the last report if that was long ago, otherwise none. They show the peer that its last bytes
   * are still being delivered.
   */
  long nextReport(long nowNanos) {
    if (nowNanos - lastGrantNanos < REPORT_NANOS) {
      return 0;
    }
    long report = unreported;
    unreported = 0;
    lastGrantNanos = nowNanos;
    return report;
  }

  /**
   * Returns how much the window grows: it doubles, up to the maximum, if a quarter was read within
   * two round trips and memory is not short.
   */
  private long growth(long nowNanos) {
    long fast = 2 * Math.max(link.writer().roundTripNanos(), MIN_ROUND_TRIP_NANOS);
    boolean slow = nowNanos - lastGrantNanos > fast;
    long maximum = maximum();
    if (slow || size >= maximum || budget().isUnderPressure()) {
      return 0;
    }
    long growth = Math.min(size, maximum - size);
    resize(size + growth);
    return growth;
  }

  /** Returns how many of the bytes read are not granted again, so that the window shrinks. */
  private long shrinkage() {
    long target = budget().isNearlyExhausted() ? MIN_BYTES : maximum();
    long shrinkage = Math.clamp(size - target, 0, unreported);
    resize(size - shrinkage);
    return shrinkage;
  }

  private long maximum() {
    return Math.min(link.maxWindow(), UNSHARED_BYTES + budget().share(promised));
  }

  private void resize(long bytes) {
    long shared = Math.max(0, bytes - UNSHARED_BYTES);
    if (shared != promised) {
      budget().promise(shared - promised);
      promised = shared;
    }
    size = bytes;
  }

  private MemoryBudget budget() {
    return link.pool().budget();
  }
}
