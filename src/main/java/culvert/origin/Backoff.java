package culvert.origin;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pauses between attempts: short at first, doubling to a bound, each drawn at random up to that, so
 * that a crowd of origin proxies does not come back in step.
 */
final class Backoff {

  private static final Duration FIRST = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofSeconds(10);

  /** A session that lived this long was healthy: the next pause is short again. */
  private static final Duration HEALTHY = Duration.ofSeconds(30);

  private Duration bound = FIRST;

  /** The pause after an attempt that lasted so long. */
  Duration next(long lastedNanos) {
    if (lastedNanos > HEALTHY.toNanos()) {
      bound = FIRST;
    }
    long most = bound.toMillis();
    bound = bound.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : bound.multipliedBy(2);
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
  }
}
