package culvert.net;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

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
      new ScheduledThreadPoolExecutor(1, Threads.factory("deadlines"));

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

  /**
   * Runs {@code action}, which must not block, again and again until it is called off: {@code
   * period} after it has run, so that what a sleep has missed is not made up for.
   */
  public Deadline repeat(Duration period, Runnable action) {
    try {
      long nanos = period.toNanos();
      var task = watchdog.scheduleWithFixedDelay(action, nanos, nanos, TimeUnit.NANOSECONDS);
      return () -> task.cancel(false);
    } catch (RejectedExecutionException e) {
      // The process is stopping, and whatever was to be watched with it.
      return () -> {};
    }
  }

  /** What may wait for a peer, and is ended by closing the connection. */
  @FunctionalInterface
  public interface BlockingCall<T> {
    /** Waits, and returns what came of it. */
    T call() throws IOException;
  }

  /**
   * Waits for so long at the most.
   *
   * @param end ends the wait, which then throws; must not block
   * @param late what is thrown if the time was up
   */
  public <T> T callWithin(Duration limit, Runnable end, String late, BlockingCall<T> waiting)
      throws IOException {
    var passed = new AtomicBoolean();
    var deadline =
        after(
            limit,
            () -> {
              passed.set(true);
              end.run();
            });
    try {
      return waiting.call();
    } catch (IOException e) {
      throw passed.get() ? new IOException(late, e) : e;
    } finally {
      deadline.cancel();
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
  }
}
