package culvert.net;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Runs an action when a connection has moved no bytes for a time. The bytes are compared once in
 * each period, so that the action runs after at most twice the limit. Any thread may call any
 * method; none blocks.
 */
public final class IdleWatch {

  private final Deadlines deadlines;
  private final Supplier<Optional<Duration>> limit;
  private final LongSupplier bytesMoved;
  private final Runnable idle;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as is {@link #stopped}. */
  private Deadlines.Deadline deadline = () -> {};

  private boolean stopped;

  /**
   * Creates a watch that has not started.
   *
   * @param limit the limit that applies now; none if empty
   * @param bytesMoved a count of the bytes moved so far
   * @param idle runs when the limit has passed; must not block
   */
  public IdleWatch(
      Deadlines deadlines,
      Supplier<Optional<Duration>> limit,
      LongSupplier bytesMoved,
      Runnable idle) {
    this.deadlines = deadlines;
    this.limit = limit;
    this.bytesMoved = bytesMoved;
    this.idle = idle;
  }

  /** Starts the limit that applies now from zero. */
  public void restart() {
    lock.lock();
    try {
      deadline.cancel();
      Optional<Duration> current = limit.get();
      if (!stopped && current.isPresent()) {
        long before = bytesMoved.getAsLong();
        deadline = deadlines.after(current.get(), () -> check(before));
      }
    } finally {
      lock.unlock();
    }
  }

  private void check(long before) {
    if (bytesMoved.getAsLong() == before) {
      idle.run();
    } else {
      restart();
    }
  }

  /** Stops the watch permanently. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      deadline.cancel();
    } finally {
      lock.unlock();
    }
  }
}
