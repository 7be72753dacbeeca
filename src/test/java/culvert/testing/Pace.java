package culvert.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Pauses that pace a load, a simulated delay or a poll of another process. They order no events: a
 * test that needs an event waits for the event itself. A test of the architecture holds the list of
 * the users.
 */
public final class Pace {

  private Pace() {}

  /** Waits this long. */
  public static void pause(Duration time) throws InterruptedException {
    Thread.sleep(time);
  }

  /** Waits until {@link System#nanoTime} has reached this value; returns at once if it has. */
  public static void until(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }
}
