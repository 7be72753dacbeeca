package culvert.testing;

import java.time.Duration;

/** Waits for what another thread is about to make true. It never decides an order of events. */
public final class Eventually {

  private static final Duration PAUSE = Duration.ofMillis(5);

  private Eventually() {}

  /** Something that fails for as long as it is not true yet. */
  @FunctionalInterface
  public interface Check {
    /** Throws if it does not hold. */
    void run() throws Exception;
  }

  /** Repeats {@code check} until it holds; after the limit its own failure is thrown. */
  public static void within(Duration limit, Check check) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    for (; ; ) {
      try {
        check.run();
        return;
      } catch (Exception | AssertionError e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(PAUSE);
      }
    }
  }
}
