package culvert.net;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Runs an action when a connection has moved no bytes for a time. The bytes are compared once in
 * each period, so that the action runs at most one period late. Any thread may call any method;
 * none blocks.
 */
public final class IdleWatch {

  private final Deadlines deadlines;
  private final Duration period;
  private final Supplier<Optional<Duration>> limit;
  private final LongSupplier bytesMoved;
  private final Runnable idle;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are the fields below. */
  private Deadlines.Deadline checks = () -> {};

  /** Number of the last restart: a check of an earlier one has no effect. */
  private int round;

  private long lastBytes;
  private Duration idleTime = Duration.ZERO;

  /** The limit at the last check; null if there was none. */
  private Duration lastLimit;

  private boolean stopped;

  /**
   * Creates a watch that has not started, with one limit.
   *
   * @param bytesMoved a count of the bytes moved so far
   * @param idle runs when the limit has passed; must not block
   */
  public IdleWatch(Deadlines deadlines, Duration limit, LongSupplier bytesMoved, Runnable idle) {
    this(deadlines, limit, () -> Optional.of(limit), bytesMoved, idle);
  }

  /**
   * Creates a watch that has not started, with a limit that may change at any time.
   *
   * @param period time between two comparisons, at most the shortest limit
   * @param limit the limit that applies now; none if empty
   * @param bytesMoved a count of the bytes moved so far
   * @param idle runs when the limit has passed; must not block
   */
  IdleWatch(
      Deadlines deadlines,
      Duration period,
      Supplier<Optional<Duration>> limit,
      LongSupplier bytesMoved,
      Runnable idle) {
    this.deadlines = deadlines;
    this.period = period;
    this.limit = limit;
    this.bytesMoved = bytesMoved;
    this.idle = idle;
  }

  /** Starts from zero. */
  public void restart() {
    lock.lock();
    try {
      checks.cancel();
      if (!stopped) {
        int current = ++round;
        begin(bytesMoved.getAsLong());
        checks = deadlines.repeat(period, () -> check(current));
      }
    } finally {
      lock.unlock();
    }
  }

  private void begin(long bytes) {
    lastBytes = bytes;
    idleTime = Duration.ZERO;
  }

  private void check(int ofRound) {
    if (isIdle(ofRound)) {
      stop();
      idle.run();
    }
  }

  private boolean isIdle(int ofRound) {
    lock.lock();
    try {
      if (stopped || ofRound != round) {
        return false;
      }
      Optional<Duration> current = limit.get();
      long bytes = bytesMoved.getAsLong();
      boolean isNewLimit = current.filter(this::isShorter).isPresent();
      lastLimit = current.orElse(null);
      if (bytes != lastBytes || current.isEmpty() || isNewLimit) {
        begin(bytes);
        return false;
      }
      idleTime = idleTime.plus(period);
      return idleTime.compareTo(current.get()) >= 0;
    } finally {
      lock.unlock();
    }
  }

  /** The time under a longer limit does not count towards a shorter one. */
  private boolean isShorter(Duration current) {
    return lastLimit != null && current.compareTo(lastLimit) < 0;
  }

  /** Stops the watch permanently. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      checks.cancel();
    } finally {
      lock.unlock();
    }
  }
}
