package culvert.testing;

import java.time.Duration;

/** Waits until a condition that another thread establishes holds. It does not order events. */
public final class Eventually {

  private static final Duration PAUSE = Duration.ofMillis(5);

  private Eventually() {}

  /** A check that throws until its condition holds. */
  @FunctionalInterface
  public interface Check {
    /** Throws if the condition does not hold. */
    void run() throws Exception;
  }

  /**
   * Repeats {@code check} until it passes; after {@code limit}, throws the check's last failure.
   */
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
        Pace.pause(PAUSE);
      }
    }
  }
}
