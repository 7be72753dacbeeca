package culvert.net;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts to connect. Each pause is random between 10 ms and an upper limit, so
 * that many clients do not return at the same moment. The limit is one second during the first
 * minute of an outage, because most outages are short, and doubles from then on. A connection that
 * lasted a minute ends the outage, and so does {@link #reset}.
 */
public final class Backoff {

  private static final Duration FIRST_LIMIT = Duration.ofSeconds(1);
  private static final Duration SHORT_OUTAGE = Duration.ofMinutes(1);
  private static final Duration HEALTHY = Duration.ofMinutes(1);

  /** Prevents a busy loop against a peer that closes every connection at once. */
  private static final Duration MIN_PAUSE = Duration.ofMillis(10);

  private final Duration maxPause;
  private final RandomGenerator random;
  private Duration limit;
  private boolean outage;
  private long outageNanos;

  /** Starts without an outage; no pause is longer than {@code maxPause}. */
  public Backoff(Duration maxPause, RandomGenerator random) {
    this.maxPause = maxPause;
    this.random = random;
  }

  /**
   * Returns the pause after a failed attempt or after the end of a connection.
   *
   * @param nowNanos time of that failure or end
   * @param connectedFor how long the connection had lasted; zero if the attempt failed
   */
  public Duration nextPause(long nowNanos, Duration connectedFor) {
    if (!outage || connectedFor.compareTo(HEALTHY) >= 0) {
      outage = true;
      outageNanos = nowNanos;
      limit = shorter(FIRST_LIMIT, maxPause);
    } else if (nowNanos - outageNanos >= SHORT_OUTAGE.toNanos()) {
      limit = shorter(limit.multipliedBy(2), maxPause);
    }
    return between(shorter(MIN_PAUSE, limit), limit);
  }

  /** Ends the outage, if there is one. */
  public void reset() {
    outage = false;
  }

  /**
   * Returns the pause after a rejection that only an operator can resolve: between half of the
   * maximum and the maximum.
   */
  public Duration longPause() {
    return between(maxPause.dividedBy(2), maxPause);
  }

  private Duration between(Duration min, Duration limit) {
    return Duration.ofNanos(random.nextLong(min.toNanos(), limit.toNanos() + 1));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
