package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pauses between attempts to join, by a clock of the test's own. */
class BackoffTest {

  private static final Duration MOST = Duration.ofSeconds(30);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** The counter of nanoseconds may wrap. */
  private long now = Long.MAX_VALUE - SECOND.toNanos();

  private final Random random = Seed.random("backoff");
  private final Backoff backoff = new Backoff(MOST, random);

  private Duration failed() {
    return backoff.nextPause(now, Duration.ZERO);
  }

  private void passes(Duration time) {
    now += time.toNanos();
  }

  /** The longest of many pauses, each the {@code failures}th of an outage of this length. */
  private Duration longest(Duration sinceItBegan, int failures) {
    var longest = Duration.ZERO;
    for (int i = 0; i < 1000; i++) {
      var one = new Backoff(MOST, random);
      long began = now;
      one.nextPause(began, Duration.ZERO);
      Duration pause = Duration.ZERO;
      for (int n = 0; n < failures; n++) {
        pause = one.nextPause(began + sinceItBegan.toNanos(), Duration.ZERO);
      }
      longest = pause.compareTo(longest) > 0 ? pause : longest;
    }
    return longest;
  }

  @Test
  void pausesAreUnderOneSecondInFirstMinute() {
    long began = now;
    while (now - began < MINUTE.toNanos()) {
      Duration pause = failed();
      assertThat(pause).isBetween(Duration.ofMillis(10), SECOND);
      passes(pause);
    }
  }

  @Test
  void limitDoublesAfterFirstMinute() {
    assertThat(longest(MINUTE.minusNanos(1), 5)).isBetween(Duration.ofMillis(950), SECOND);
    for (int doublings = 1; doublings <= 4; doublings++) {
      Duration bound = SECOND.multipliedBy(1 << doublings);
      assertThat(longest(MINUTE, doublings))
          .isBetween(bound.multipliedBy(95).dividedBy(100), bound);
    }
  }

  @Test
  void pauseNeverExceedsMaximumInLongOutage() {
    assertThat(longest(Duration.ofDays(7), 100)).isBetween(Duration.ofSeconds(28), MOST);
  }

  /** A crowd that lost its remote proxy at one moment does not come back at one moment. */
  @Test
  void pausesCoverTheirWholeRange() {
    failed();
    passes(MINUTE);
    for (int i = 0; i < 10; i++) {
      failed();
    }
    int[] tenths = new int[10];
    for (int i = 0; i < 10_000; i++) {
      tenths[(int) (failed().toMillis() / 3001)]++;
    }
    for (int count : tenths) {
      assertThat(count).isBetween(800, 1200);
    }
  }

  @Test
  void sessionOfAMinuteEndsOutage() {
    failed();
    passes(MINUTE);
    for (int i = 0; i < 10; i++) {
      failed();
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(backoff.nextPause(now, MINUTE)).isLessThanOrEqualTo(SECOND);
      passes(MINUTE.minusNanos(1));
      assertThat(failed()).as("the first minute begins anew").isLessThanOrEqualTo(SECOND);
    }
  }

  /** Otherwise a remote proxy that hangs up at once would be asked as often as it likes. */
  @Test
  void shorterSessionsDoNotEndOutage() {
    failed();
    passes(MINUTE);
    var longest = Duration.ZERO;
    for (int i = 0; i < 1000; i++) {
      Duration pause = backoff.nextPause(now, MINUTE.minusNanos(1));
      longest = pause.compareTo(longest) > 0 ? pause : longest;
    }
    assertThat(longest).isGreaterThan(Duration.ofSeconds(28));
  }

  @Test
  void pauseNeverExceedsShortMaximum() {
    for (long nanos : new long[] {1, 5_000_000, 10_000_000, 300_000_000}) {
      var hasty = new Backoff(Duration.ofNanos(nanos), random);
      for (int i = 0; i < 1000; i++) {
        assertThat(hasty.nextPause(now, Duration.ZERO))
            .isBetween(Duration.ofNanos(1), Duration.ofNanos(nanos));
        assertThat(hasty.longPause()).isLessThanOrEqualTo(Duration.ofNanos(nanos));
      }
    }
  }

  @Test
  void pauseIsLongAfterPermanentRejection() {
    var least = MOST;
    var longest = Duration.ZERO;
    for (int i = 0; i < 1000; i++) {
      Duration pause = backoff.longPause();
      assertThat(pause).isBetween(MOST.dividedBy(2), MOST);
      least = pause.compareTo(least) < 0 ? pause : least;
      longest = pause.compareTo(longest) > 0 ? pause : longest;
    }
    assertThat(longest.minus(least)).as("spread").isGreaterThan(Duration.ofSeconds(14));
  }

  @Test
  void rejectionNeitherStartsNorExtendsOutage() {
    backoff.longPause();
    passes(MINUTE);
    assertThat(failed()).isLessThanOrEqualTo(SECOND);
    backoff.longPause();
    assertThat(failed()).isLessThanOrEqualTo(SECOND);
  }

  @Test
  void endedOutageIsForgotten() {
    failed();
    passes(MINUTE);
    failed();
    backoff.reset();
    for (int i = 0; i < 1000; i++) {
      assertThat(failed()).isLessThanOrEqualTo(SECOND);
    }
  }
}
