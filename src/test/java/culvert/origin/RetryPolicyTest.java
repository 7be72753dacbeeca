package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Backoff;
import culvert.origin.OriginProxy.End;
import culvert.origin.Outcome.Kind;
import culvert.origin.RetryPolicy.Step;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {

  private static final Duration RETRY_MAX = Duration.ofMinutes(10);
  private static final Duration FIRST_BOUND = Duration.ofSeconds(1);

  private static RetryPolicy policy(boolean failFast) {
    return new RetryPolicy(failFast, new Backoff(RETRY_MAX, new Random(1)));
  }

  private static Step next(boolean failFast, Kind kind, Duration served, boolean hasServed) {
    return policy(failFast).next(new Outcome(kind, "test", served), hasServed, 0);
  }

  private static Duration pause(Step step) {
    assertThat(step).isInstanceOf(Step.RetryAfter.class);
    return ((Step.RetryAfter) step).pause();
  }

  private static Step.Fail failure(Step step) {
    assertThat(step).isInstanceOf(Step.Fail.class);
    return (Step.Fail) step;
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST", "SILENT", "ENDED"})
  void lossIsRetriedAfterAShortPause(Kind kind) {
    assertThat(pause(next(false, kind, Duration.ZERO, false))).isLessThanOrEqualTo(FIRST_BOUND);
  }

  @ParameterizedTest
  @CsvSource({"LOST,UNREACHABLE", "SILENT,UNREACHABLE", "ENDED,ENDED"})
  void lossIsAFailureWithFailFast(Kind kind, End end) {
    Step.Fail failure = failure(next(true, kind, Duration.ofHours(1), true));
    assertThat(failure.end()).isEqualTo(end);
    assertThat(failure.pause().orElseThrow()).isLessThanOrEqualTo(FIRST_BOUND);
  }

  @ParameterizedTest
  @CsvSource({
    "LOGIN_REFUSED,CREDENTIALS",
    "BOUNCE_LOGIN_REFUSED,CREDENTIALS",
    "REMOTE_PROXY_REJECTED,CREDENTIALS",
    "BOUNCE_SERVER_REJECTED,CREDENTIALS",
    "DECLINED,DECLINED",
  })
  void refusalIsAFailureBeforeASessionHasServed(Kind kind, End end) {
    Step.Fail failure = failure(next(false, kind, Duration.ZERO, false));
    assertThat(failure.end()).isEqualTo(end);
    assertThat(failure.pause().orElseThrow()).isBetween(RETRY_MAX.dividedBy(2), RETRY_MAX);
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "LOGIN_REFUSED",
        "BOUNCE_LOGIN_REFUSED",
        "REMOTE_PROXY_REJECTED",
        "BOUNCE_SERVER_REJECTED",
        "DECLINED"
      })
  void refusalIsRetriedSlowlyOnceASessionHasServed(Kind kind) {
    assertThat(pause(next(false, kind, Duration.ZERO, true)))
        .isBetween(RETRY_MAX.dividedBy(2), RETRY_MAX);
  }

  /** The holder of the service may end; a refusal for the settings is permanent. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusalOfAServiceInUseIsRetriedSlowlyFromTheStart(boolean hasServed) {
    assertThat(pause(next(false, Kind.IN_USE, Duration.ZERO, hasServed)))
        .isBetween(RETRY_MAX.dividedBy(2), RETRY_MAX);
  }

  @Test
  void refusalOfAServiceInUseIsAFailureWithFailFast() {
    assertThat(failure(next(true, Kind.IN_USE, Duration.ZERO, false)).end())
        .isEqualTo(End.DECLINED);
  }

  /** The other process would be superseded in turn. */
  @Test
  void supersededProcessIsNotRetriedAlsoIfItHasServed() {
    assertThat(next(false, Kind.SUPERSEDED, Duration.ofHours(1), true))
        .isEqualTo(new Step.Fail(End.SUPERSEDED, Optional.empty()));
  }

  @Test
  void drainOfASessionThatServedIsFollowedByTheNextAttemptAtOnce() {
    assertThat(next(false, Kind.DRAINING, RetryPolicy.MIN_SERVED, true))
        .isEqualTo(new Step.RetryNow());
  }

  @Test
  void drainRightAfterTheLoginIsFollowedByAPause() {
    Duration served = RetryPolicy.MIN_SERVED.minusNanos(1);
    assertThat(pause(next(false, Kind.DRAINING, served, true))).isLessThanOrEqualTo(FIRST_BOUND);
  }

  @Test
  void redialIsFollowedByTheNextAttemptAtOnce() {
    assertThat(next(true, Kind.REDIALLED, Duration.ZERO, false)).isEqualTo(new Step.RetryNow());
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "SUPERSEDED")
  void processThatHasServedRetriesEveryOtherOutcome(Kind kind) {
    assertThat(next(false, kind, Duration.ofHours(1), true)).isNotInstanceOf(Step.Fail.class);
  }
}
