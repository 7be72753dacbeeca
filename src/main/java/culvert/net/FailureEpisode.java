package culvert.net;

import java.time.Duration;

/**
 * Distinguishes the first failure of an episode from the repeated ones. A failure starts a new
 * episode if at least one minute has passed since the first success after the previous failure. For
 * use by one thread.
 */
final class FailureEpisode {

  private static final long MIN_RECOVERY_NANOS = Duration.ofMinutes(1).toNanos();

  private boolean hasFailed;

  /** Whether a success followed the latest failure, and when the first one did. */
  private boolean hasRecovered;

  private long recoveredNanos;

  /** Starts without a failure. */
  FailureEpisode() {}

  /** Records a failure and returns whether it starts a new episode. */
  boolean recordFailure(long nowNanos) {
    boolean isFirst = !hasFailed || hasRecovered && nowNanos - recoveredNanos >= MIN_RECOVERY_NANOS;
    hasFailed = true;
    hasRecovered = false;
    return isFirst;
  }

  /** Records a success. */
  void recordSuccess(long nowNanos) {
    if (!hasRecovered) {
      hasRecovered = true;
      recoveredNanos = nowNanos;
    }
  }
}
