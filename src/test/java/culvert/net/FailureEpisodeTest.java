package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailureEpisodeTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final FailureEpisode episode = new FailureEpisode();

  /** The origin of the monotonic clock is arbitrary: here it overflows during the test. */
  private long now = Long.MAX_VALUE - MINUTE.toNanos() / 2;

  @Test
  void firstFailureStartsEpisodeAndOthersContinueIt() {
    assertThat(failed()).isTrue();
    assertThat(failed()).isFalse();
    pass(MINUTE.multipliedBy(3));
    assertThat(failed()).isFalse();
  }

  @Test
  void successBeforeAnyFailureStartsNoEpisode() {
    wentWell();
    assertThat(failed()).isTrue();
  }

  @Test
  void minuteOfSuccessesEndsEpisode() {
    assertThat(failed()).isTrue();
    wentWell();
    pass(MINUTE.dividedBy(2));
    wentWell();
    pass(MINUTE.dividedBy(2));
    assertThat(failed()).isTrue();
    assertThat(failed()).isFalse();
  }

  @Test
  void shorterSuccessDoesNotEndEpisode() {
    assertThat(failed()).isTrue();
    for (int i = 0; i < 5; i++) {
      wentWell();
      pass(MINUTE.minusNanos(1));
      assertThat(failed()).isFalse();
    }
  }

  @Test
  void minuteWithoutAttemptsDoesNotEndEpisode() {
    assertThat(failed()).isTrue();
    pass(MINUTE.multipliedBy(2));
    wentWell();
    assertThat(failed()).isFalse();
  }

  private boolean failed() {
    return episode.recordFailure(now);
  }

  private void wentWell() {
    episode.recordSuccess(now);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
