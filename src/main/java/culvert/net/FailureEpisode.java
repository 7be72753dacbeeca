package culvert.net;

import java.time.Duration;

/**
 * Distinguishes the first failure of a series from the repeated ones. A series ends after a minute
 * in which only successes were recorded; a minute without any attempt does not end it. For use by
 * one thread.
 */
final class FailureEpisode {

  private static final long CALM_NANOS = Duration.ofMinutes(1).toNanos();

  private boolean failing;
  private boolean calm;
  private long calmSince;

  /** Starts without a failure. */
  FailureEpisode() {}

  /** Records a failure and returns whether it starts a new series. */
  boolean recordFailure(long nowNanos) {
    boolean first = !failing || calm && nowNanos - calmSince >= CALM_NANOS;
    failing = true;
    calm = false;
    return first;
  }

  /** Records a success. */
  void recordSuccess(long nowNanos) {
    if (!calm) {
      calm = true;
      calmSince = nowNanos;
    }
  }
}
