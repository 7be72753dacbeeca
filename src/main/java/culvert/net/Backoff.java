package culvert.net;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts to join. Each is drawn at random from nothing up to a bound, so that a
 * crowd does not come back in step. The bound is a second during the first minute of an outage,
 * since most are short, and doubles from then on; what stood for a minute ends the outage, or
 * somebody who knows better.
 */
public final class Backoff {

  private static final Duration FIRST_BOUND = Duration.ofSeconds(1);
  private static final Duration SHORT_OUTAGE = Duration.ofMinutes(1);
  private static final Duration HEALTHY = Duration.ofMinutes(1);

  /** Keeps a peer that hangs up at once from being asked without end. */
  private static final Duration MIN_PAUSE = Duration.ofMillis(10);

  private final Duration maxPause;
  private final RandomGenerator random;
  private Duration bound;
  private boolean outage;
  private long outageNanos;

  /** No outage yet; a pause is never longer than {@code most}. */
  public Backoff(Duration most, RandomGenerator random) {
    this.maxPause = most;
    this.random = random;
  }

  /**
   * The pause after an attempt that failed, or after the end of what it came to.
   *
   * @param nowNanos when that was
   * @param stood how long that had stood; zero if nothing came to stand
   */
  public Duration nextPause(long nowNanos, Duration stood) {
    if (!outage || stood.compareTo(HEALTHY) >= 0) {
      outage = true;
      outageNanos = nowNanos;
      bound = shorter(FIRST_BOUND, maxPause);
    } else if (nowNanos - outageNanos >= SHORT_OUTAGE.toNanos()) {
      bound = shorter(bound.multipliedBy(2), maxPause);
    }
    return between(shorter(MIN_PAUSE, bound), bound);
  }

  /** The outage, if there was one, is over. */
  public void reset() {
    outage = false;
  }

  /** The pause after a refusal that only a person can end. */
  public Duration longPause() {
    return between(maxPause.dividedBy(2), maxPause);
  }

  private Duration between(Duration least, Duration bound) {
    return Duration.ofNanos(random.nextLong(least.toNanos(), bound.toNanos() + 1));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
