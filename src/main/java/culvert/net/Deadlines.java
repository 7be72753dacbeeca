package culvert.net;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The one watchdog of a process: runs short actions, in practice closing or resetting a connection,
 * when their time has come. Java sockets have no write timeout, and channels no read timeout.
 */
public final class Deadlines implements AutoCloseable {

  /** A deadline that can be called off. */
  @FunctionalInterface
  public interface Deadline {
    /** Calls the deadline off; harmless when it has passed. */
    void cancel();
  }

  private final ScheduledThreadPoolExecutor watchdog =
      new ScheduledThreadPoolExecutor(1, Thread.ofVirtual().name("deadlines").factory());

  /** Starts with nothing to watch. */
  public Deadlines() {
    watchdog.setRemoveOnCancelPolicy(true);
  }

  /** Runs {@code action}, which must not block, once {@code limit} has passed. */
  public Deadline after(Duration limit, Runnable action) {
    try {
      var task = watchdog.schedule(action, limit.toNanos(), TimeUnit.NANOSECONDS);
      return () -> task.cancel(false);
    } catch (RejectedExecutionException e) {
      // The process is stopping: whatever would wait now has no time left.
      action.run();
      return () -> {};
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
  }
}
