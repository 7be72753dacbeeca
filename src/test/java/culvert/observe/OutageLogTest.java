package culvert.observe;

import static culvert.observe.LogEvent.event;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.TestLog;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutageLogTest {

  private final TestLog lines = new TestLog();
  private final Counters counters = new Counters();
  private final AtomicLong nanoTime = new AtomicLong();
  private final OutageLog outages = new OutageLog(lines.log(), counters, nanoTime::get);

  @AfterEach
  void closeLog() {
    lines.close();
  }

  private void fail(String cause) {
    outages.failed(cause, event("connection failed").with("cause", cause));
  }

  private long logged(String cause) {
    lines.close();
    return lines.text().lines().filter(line -> line.endsWith("cause=" + cause)).count();
  }

  @Test
  void logsOneLinePerCauseAndCountsTheOthers() {
    for (int i = 0; i < 3; i++) {
      fail("refused");
      fail("timeout");
    }
    assertThat(logged("refused")).isEqualTo(1);
    assertThat(logged("timeout")).isEqualTo(1);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(4);
  }

  @Test
  void logsTheSameCauseAgainAfterASuccess() {
    fail("refused");
    outages.restored();
    fail("refused");
    fail("refused");
    assertThat(logged("refused")).isEqualTo(2);
  }

  @Test
  void logsTheSameCauseAgainAfterTenMinutes() {
    fail("refused");
    nanoTime.set(Duration.ofMinutes(10).toNanos() - 1);
    fail("refused");
    nanoTime.set(Duration.ofMinutes(10).toNanos());
    fail("refused");
    assertThat(logged("refused")).isEqualTo(2);
  }

  @Test
  void reportsTheReturnOncePerOutage() {
    assertThat(outages.restored()).as("first success").isTrue();
    assertThat(outages.restored()).as("second success").isFalse();
    fail("refused");
    assertThat(outages.restored()).as("success after a failure").isTrue();
  }
}
