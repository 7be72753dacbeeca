package culvert.net;

import java.time.Duration;

/**
 * Tells the first failure of many from those that go on with it. An episode is over when all has
 * gone well for a minute; that nothing was tried does not count. One thread uses it.
 */
final class FailureEpisode {

  private static final long CALM_NANOS = Duration.ofMinutes(1).toNanos();

  private boolean failing;
  private boolean calm;
  private long calmSince;

  /** Nothing has failed yet. */
  FailureEpisode() {}

  /** Notes a failure; returns whether an episode begins with it. */
  boolean recordFailure(long nowNanos) {
    boolean first = !failing || calm && nowNanos - calmSince >= CALM_NANOS;
    failing = true;
    calm = false;
    return first;
  }

  /** Notes that it went well. */
  void recordSuccess(long nowNanos) {
    if (!calm) {
      calm = true;
      calmSince = nowNanos;
    }
  }
}
