package culvert.origin;

import culvert.net.Backoff;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides what follows the end of an attempt or session with one remote proxy: the next attempt
 * after a pause, or a failure, which ends the process if its other remote proxies have failed too.
 * It reads no clock and starts nothing; it is used by one thread.
 */
final class RetryPolicy {

  /**
   * A draining remote proxy is retried without a pause only if the session served at least this
   * long.
   */
  static final Duration MIN_SERVED = Duration.ofSeconds(1);

  /** The step after the end of a connection attempt or session. */
  sealed interface Step {
    /**
     * The remote proxy has failed. If the process does not end because of it, the next attempt
     * follows after the pause; without a pause, it waits for a request of the user.
     */
    record Fail(OriginProxy.End end, Optional<Duration> pause) implements Step {}

    /** The next attempt follows when the session over another address has ended. */
    record StandBy() implements Step {}

    /** The next attempt follows at once, without a log line. */
    record RetryNow() implements Step {}

    /** The next attempt follows after a pause. */
    record RetryAfter(Duration pause) implements Step {}
  }

  private final boolean failFast;
  private final Backoff backoff;

  /**
   * Creates the policy.
   *
   * @param failFast whether a remote proxy that cannot be reached or is lost has failed
   */
  RetryPolicy(boolean failFast, Backoff backoff) {
    this.failFast = failFast;
    this.backoff = backoff;
  }

  /**
   * Returns the step that follows an outcome.
   *
   * @param hasServed whether any session with this remote proxy has served. The settings were right
   *     then, so a refusal is expected to be temporary and only slows down the attempts.
   * @param nowNanos the time of the outcome
   */
  Step next(Outcome outcome, boolean hasServed, long nowNanos) {
    return switch (outcome.kind()) {
      case LOST, SILENT -> retryUnlessFailFast(OriginProxy.End.UNREACHABLE, outcome, nowNanos);
      case ENDED -> retryUnlessFailFast(OriginProxy.End.ENDED, outcome, nowNanos);
      case LOGIN_REFUSED, BOUNCE_LOGIN_REFUSED, REMOTE_PROXY_REJECTED, BOUNCE_SERVER_REJECTED ->
          hasServed ? retrySlowly() : fail(OriginProxy.End.CREDENTIALS);
      case DECLINED -> hasServed ? retrySlowly() : fail(OriginProxy.End.DECLINED);
      case IN_USE -> failFast ? fail(OriginProxy.End.DECLINED) : retrySlowly();
      case SUPERSEDED -> new Step.Fail(OriginProxy.End.SUPERSEDED, Optional.empty());
      case DRAINING -> afterDrain(outcome, nowNanos);
      case DUPLICATE -> new Step.StandBy();
      case REDIALLED -> new Step.RetryNow();
    };
  }

  private Step retryUnlessFailFast(OriginProxy.End end, Outcome outcome, long nowNanos) {
    Duration pause = backoff.nextPause(nowNanos, outcome.served());
    return failFast ? new Step.Fail(end, Optional.of(pause)) : new Step.RetryAfter(pause);
  }

  /**
   * A remote proxy that replaces the draining one may be running already, so the next attempt
   * follows at once. A remote proxy that drains every session immediately is retried after pauses.
   */
  private Step afterDrain(Outcome outcome, long nowNanos) {
    Duration pause = backoff.nextPause(nowNanos, outcome.served());
    return outcome.served().compareTo(MIN_SERVED) < 0
        ? new Step.RetryAfter(pause)
        : new Step.RetryNow();
  }

  private Step retrySlowly() {
    return new Step.RetryAfter(backoff.longPause());
  }

  /** Only an operator can resolve such a failure. */
  private Step fail(OriginProxy.End end) {
    return new Step.Fail(end, Optional.of(backoff.longPause()));
  }
}
