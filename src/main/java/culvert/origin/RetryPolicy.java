package culvert.origin;

import culvert.net.Backoff;
import java.time.Duration;

/**
 * Decides what follows the end of an attempt or session: the end of the process, or the next
 * attempt after a pause. It reads no clock and starts nothing; it is used by one thread.
 */
final class RetryPolicy {

  /**
   * A draining remote proxy is retried without a pause only if the session served at least this
   * long.
   */
  static final Duration MIN_SERVED = Duration.ofSeconds(1);

  /** The step after the end of a connection attempt or session. */
  sealed interface Step {
    /** The process ends. */
    record Exit(OriginProxy.End end) implements Step {}

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
   * @param failFast whether the process ends when the remote proxy cannot be reached or is lost
   */
  RetryPolicy(boolean failFast, Backoff backoff) {
    this.failFast = failFast;
    this.backoff = backoff;
  }

  /**
   * Returns the step that follows an outcome.
   *
   * @param hasServed whether any session of this process has served. Its settings were right then,
   *     so a refusal is expected to be temporary and only slows down the attempts.
   * @param nowNanos the time of the outcome
   */
  Step next(Outcome outcome, boolean hasServed, long nowNanos) {
    return switch (outcome.kind()) {
      case LOST, SILENT -> failFast ? exit(OriginProxy.End.UNREACHABLE) : retry(outcome, nowNanos);
      case ENDED -> failFast ? exit(OriginProxy.End.ENDED) : retry(outcome, nowNanos);
      case LOGIN_REFUSED, BOUNCE_LOGIN_REFUSED, REMOTE_PROXY_REJECTED, BOUNCE_SERVER_REJECTED ->
          hasServed ? retrySlowly() : exit(OriginProxy.End.CREDENTIALS);
      case DECLINED -> hasServed ? retrySlowly() : exit(OriginProxy.End.DECLINED);
      case IN_USE -> failFast ? exit(OriginProxy.End.DECLINED) : retrySlowly();
      case SUPERSEDED -> exit(OriginProxy.End.SUPERSEDED);
      case DRAINING -> afterDrain(outcome, nowNanos);
      case REDIALLED -> new Step.RetryNow();
    };
  }

  /**
   * A remote proxy that replaces the draining one may be running already, so the next attempt
   * follows at once. A remote proxy that drains every session immediately is retried after pauses.
   */
  private Step afterDrain(Outcome outcome, long nowNanos) {
    Step retry = retry(outcome, nowNanos);
    return outcome.served().compareTo(MIN_SERVED) < 0 ? retry : new Step.RetryNow();
  }

  private Step retry(Outcome outcome, long nowNanos) {
    return new Step.RetryAfter(backoff.nextPause(nowNanos, outcome.served()));
  }

  private Step retrySlowly() {
    return new Step.RetryAfter(backoff.longPause());
  }

  private static Step exit(OriginProxy.End end) {
    return new Step.Exit(end);
  }
}
