package culvert.session;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Limits the visitors of one service that wait for its origin server. The limit applies only while
 * the server accepts nothing: a burst of visitors to a server that answers may be of any size, and
 * visitors of a server that does not answer are refused at once instead of each waiting for its
 * timeout. Both roles use it.
 */
public final class PendingOpens {

  /**
   * Time without an accepted connection after which a server counts as not answering. A busy host
   * may run neither the server nor this process for a second.
   */
  public static final Duration STALL = Duration.ofSeconds(3);

  private final int max;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as is {@link #lastProgress}. */
  private int pending;

  /** When the server last accepted, or the first of the visitors that wait now arrived. */
  private long lastProgress;

  /**
   * Creates the limit of one service.
   *
   * @param max maximum number of visitors that wait while the server accepts nothing
   */
  public PendingOpens(int max) {
    this(max, System::nanoTime);
  }

  PendingOpens(int max, LongSupplier nanoTime) {
    this.max = max;
    this.nanoTime = nanoTime;
  }

  /** Adds a visitor; returns false if the limit applies and is reached. */
  public boolean tryBegin() {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (pending >= max && now - lastProgress > STALL.toNanos()) {
        return false;
      }
      if (pending == 0) {
        lastProgress = now;
      }
      pending++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes a visitor that {@link #tryBegin} has added.
   *
   * @param accepted whether the server accepted its connection
   */
  public void end(boolean accepted) {
    lock.lock();
    try {
      pending--;
      if (accepted) {
        lastProgress = nanoTime.getAsLong();
      }
    } finally {
      lock.unlock();
    }
  }
}
