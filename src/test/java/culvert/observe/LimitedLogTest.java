package culvert.observe;

import static culvert.observe.LogEvent.event;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import culvert.testing.TestLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The limit for each source, and that for all sources of one event. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LimitedLogTest {

  private static final Duration PERIOD = Duration.ofSeconds(10);

  private final TestLog out = new TestLog(Log.Level.INFO);
  private final Counters counters = new Counters();

  /** Near the overflow, where only differences of nanoTime are right. */
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - PERIOD.toNanos());

  private final LimitedLog<Integer> log =
      new LimitedLog<>(out.log(), counters, 2, PERIOD, now::get);

  @AfterEach
  void close() {
    out.close();
  }

  /** Logs a line of each of so many new sources. */
  private void flood(String event, int from, int sources) {
    for (int i = 0; i < sources; i++) {
      log.warn(from + i, event(event).with("source", from + i));
    }
  }

  private List<String> lines(String part) {
    out.close();
    return out.text().lines().filter(line -> line.contains(part)).toList();
  }

  @Test
  void sourceHasItsOwnLimit() {
    for (int i = 0; i < 5; i++) {
      log.info(1, event("visit").with("source", 1));
    }
    assertThat(lines("visit source=1")).hasSize(2);
    assertThat(lines("log lines suppressed")).as("the limit of all sources").isEmpty();
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(3);
  }

  /** Row 37: one log line each of more sources than are remembered filled the disk. */
  @Test
  void fiveThousandSourcesShareOneLimit() {
    flood("rejected", 0, 5000);
    assertThat(lines("rejected source=")).hasSize(EventLimit.BURST);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(5000 - EventLimit.BURST);
    assertThat(lines("log lines suppressed"))
        .singleElement()
        .asString()
        .contains("WARN", "suppressed=rejected", "lines=4800", "sources=");
  }

  @Test
  void floodThatContinuesHasFewLinesInEachPeriod() {
    flood("rejected", 0, 1000);
    for (int period = 1; period <= 6; period++) {
      now.addAndGet(PERIOD.toNanos());
      flood("rejected", period * 1000, 1000);
    }
    assertThat(lines("rejected source="))
        .hasSize(EventLimit.BURST + 6 * EventLimit.LINES_PER_PERIOD);
  }

  @Test
  void burstIsAllowedAgainAfterAQuietTime() {
    flood("rejected", 0, 1000);
    now.addAndGet(PERIOD.multipliedBy(2).toNanos());
    flood("rejected", 1000, EventLimit.BURST);
    assertThat(lines("rejected source=")).hasSize(2 * EventLimit.BURST);
  }

  @Test
  void eventThatIsFrequentForLongHasFewLinesEvenWithoutReachingTheBurst() {
    for (int period = 0; period < 3; period++) {
      flood("rejected", period * 1000, EventLimit.BURST / 2);
      now.addAndGet(PERIOD.toNanos());
    }
    assertThat(lines("rejected source="))
        .hasSize(EventLimit.BURST / 2 + 2 * EventLimit.LINES_PER_PERIOD);
  }

  @Test
  void eventsAreIndependent() {
    flood("rejected", 0, 1000);
    log.warn(2000, event("lost").with("source", 2000));
    assertThat(lines("lost source=2000")).hasSize(1);
  }

  @Test
  void summaryCountsLinesOfEachSourceLimitToo() {
    flood("rejected", 0, EventLimit.BURST + 1);
    for (int i = 0; i < 10; i++) {
      log.warn(7, event("rejected"));
    }
    assertThat(lines("log lines suppressed"))
        .singleElement()
        .asString()
        .contains("lines=11 sources=2");
  }

  @Test
  void summaryIsWrittenAfterThePeriodWithoutAnotherEvent() throws Exception {
    flood("rejected", 0, EventLimit.BURST + 10);
    now.addAndGet(PERIOD.toNanos());
    out.await("log lines suppressed", "lines=10", "sources=10");
    flood("rejected", 1000, 10);
    now.addAndGet(PERIOD.toNanos());
    out.await("log lines suppressed", "lines=5", "sources=5");
  }

  @Test
  void reportIsLimitedUnlessTheLevelIsDebug() {
    for (int i = 0; i < 1000; i++) {
      log.report(i, event("ended").with("source", i));
    }
    assertThat(lines("ended source=")).hasSize(EventLimit.BURST);
    var detailed = new TestLog();
    var all = new LimitedLog<Integer>(detailed.log(), counters, 1, PERIOD);
    for (int i = 0; i < 1000; i++) {
      all.report(1, event("ended").with("number", i));
    }
    detailed.close();
    assertThat(detailed.text().lines()).hasSize(1000);
  }

  @Test
  void internalErrorsAreLimitedToo() {
    for (int i = 0; i < 1000; i++) {
      out.log().bug("internal error", new IllegalStateException("bug " + i));
    }
    assertThat(lines("internal error cause=")).hasSize(EventLimit.BURST);
    assertThat(lines("log lines suppressed")).singleElement().asString().contains("lines=800");
  }
}
