package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class IdleWatchTest {

  private static final Duration PERIOD = Duration.ofMillis(10);
  private static final int LONG_CHECKS = 10;

  /** A relay that was idle for long while both directions were open has just been half-closed. */
  @Test
  void idleTimeUnderALongerLimitDoesNotCountTowardsAShorterOne() throws Exception {
    var checks = new AtomicInteger();
    var idle = new CountDownLatch(1);
    try (var deadlines = new Deadlines()) {
      var watch =
          new IdleWatch(
              deadlines,
              PERIOD,
              () ->
                  Optional.of(
                      checks.incrementAndGet() <= LONG_CHECKS
                          ? Duration.ofHours(1)
                          : PERIOD.multipliedBy(3)),
              () -> 0,
              idle::countDown);
      watch.restart();
      assertThat(idle.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(checks).as("one that begins from zero, and three").hasValue(LONG_CHECKS + 4);
  }
}
