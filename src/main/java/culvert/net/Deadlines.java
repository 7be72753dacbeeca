package culvert.net;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The timer of a process: runs short actions, in practice closing or resetting a connection, when a
 * time limit passes. Java sockets have no write timeout, and channels have no read timeout.
 */
public final class Deadlines implements AutoCloseable {

  /** A deadline that can be cancelled. */
  @FunctionalInterface
  public interface Deadline {
    /** Cancels the deadline; has no effect after it has passed. */
    void cancel();
  }

  private final ScheduledThreadPoolExecutor watchdog =
      new ScheduledThreadPoolExecutor(1, Threads.factory("deadlines"));

  /** Creates a timer without deadlines. */
  public Deadlines() {
    watchdog.setRemoveOnCancelPolicy(true);
  }

  /** Runs {@code action}, which must not block, after {@code limit}. */
  public Deadline after(Duration limit, Runnable action) {
    try {
      var task = watchdog.schedule(reported(action), limit.toNanos(), TimeUnit.NANOSECONDS);
      return () -> task.cancel(false);
    } catch (RejectedExecutionException e) {
      // The process is stopping, so the limit counts as passed.
      action.run();
      return () -> {};
    }
  }

  /**
   * Runs {@code action}, which must not block, repeatedly until it is cancelled, each time {@code
   * period} after the last run ended. Runs missed while the host was suspended are not repeated.
   */
  public Deadline repeat(Duration period, Runnable action) {
    try {
      long nanos = period.toNanos();
      var task =
          watchdog.scheduleWithFixedDelay(reported(action), nanos, nanos, TimeUnit.NANOSECONDS);
      return () -> task.cancel(false);
    } catch (RejectedExecutionException e) {
      // The process is stopping, and the watched object with it.
      return () -> {};
    }
  }

  /** The executor would keep an exception to itself, and end an action that is repeated. */
  private static Runnable reported(Runnable action) {
    return () -> {
      try {
        action.run();
      } catch (RuntimeException | Error e) {
        Threads.report(e);
      }
    };
  }

  /** A call that may block on a peer and that closing the connection ends. */
  @FunctionalInterface
  public interface BlockingCall<T> {
    /** Blocks and returns the result. */
    T call() throws IOException;
  }

  /**
   * Runs a blocking call with a time limit.
   *
   * @param end makes the call throw, in practice by closing the connection; must not block
   * @param timeoutMessage message of the exception thrown if the limit passed
   */
  public <T> T callWithin(Duration limit, Runnable end, String timeoutMessage, BlockingCall<T> call)
      throws IOException {
    return callWithin(limit, end, () -> timeoutMessage, call);
  }

  /**
   * Runs a blocking call with a time limit, as {@link #callWithin(Duration, Runnable, String,
   * BlockingCall)} does.
   *
   * @param timeoutMessage runs in the calling thread once the call has ended
   */
  public <T> T callWithin(
      Duration limit, Runnable end, Supplier<String> timeoutMessage, BlockingCall<T> call)
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
      return call.call();
    } catch (IOException e) {
      throw passed.get() ? new IOException(timeoutMessage.get(), e) : e;
    } finally {
      deadline.cancel();
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
  }
}
