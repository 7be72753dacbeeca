package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class DeadlinesTest {

  private static final Duration SOON = Duration.ofMillis(20);

  @Test
  void actionRunsAfterLimitAndNotBefore() throws Exception {
    try (var deadlines = new Deadlines()) {
      var ran = new CountDownLatch(1);
      long start = System.nanoTime();
      deadlines.after(SOON, ran::countDown);
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SOON.toNanos());
    }
  }

  @Test
  void cancelledActionNeverRuns() throws Exception {
    try (var deadlines = new Deadlines()) {
      var wrong = new AtomicInteger();
      var later = new CountDownLatch(1);
      deadlines.after(SOON, wrong::incrementAndGet).cancel();
      deadlines.after(SOON.multipliedBy(2), later::countDown);
      assertThat(later.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(wrong).hasValue(0);
    }
  }

  @Test
  void cancelAfterExpiryHasNoEffect() throws Exception {
    try (var deadlines = new Deadlines()) {
      var ran = new CountDownLatch(1);
      var deadline = deadlines.after(Duration.ZERO, ran::countDown);
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      deadline.cancel();
      deadline.cancel();
    }
  }

  @Test
  void failedActionIsReportedAndRepeatedOnesContinue() throws Exception {
    var reported = new LinkedBlockingQueue<Throwable>();
    var handler = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, bug) -> reported.add(bug));
    try (var deadlines = new Deadlines()) {
      var runs = new AtomicInteger();
      var bug = new IllegalStateException("on purpose");
      deadlines.after(
          Duration.ZERO,
          () -> {
            throw new AssertionError("of one action");
          });
      deadlines.repeat(
          SOON,
          () -> {
            runs.incrementAndGet();
            throw bug;
          });
      assertThat(reported.poll(10, TimeUnit.SECONDS)).isInstanceOf(AssertionError.class);
      assertThat(reported.poll(10, TimeUnit.SECONDS)).isSameAs(bug);
      assertThat(reported.poll(10, TimeUnit.SECONDS)).isSameAs(bug);
      assertThat(runs).hasValueGreaterThanOrEqualTo(2);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(handler);
    }
  }

  @Test
  void actionRunsAtOnceAfterClose() {
    var deadlines = new Deadlines();
    deadlines.close();
    var ran = new AtomicInteger();
    deadlines.after(Duration.ofHours(1), ran::incrementAndGet).cancel();
    assertThat(ran).hasValue(1);
  }
}
