package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Pace;
import java.io.IOException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that no test pauses to order events: only {@link Pace} sleeps, and few tests use it. */
class TestPausesTest {

  /**
   * Matches source text, without white space, that pauses for a time. A timed wait of a latch whose
   * result is not used is a pause too.
   */
  private static final Pattern PAUSES =
      Pattern.compile(
          "\\bsleep\\(|\\bparkNanos\\(|\\bparkUntil\\(|\\bonSpinWait\\("
              + "|\\bdelayedExecutor\\("
              + "|[;{}](\\w+(\\(\\))?\\.)*await(Nanos)?\\([^;]*(SECONDS|Nanos\\(\\))\\);");

  private static final Pattern USES_PACE = Pattern.compile("\\bPace\\.(pause|until)\\(");

  @Test
  void onlyThePacingHelperPauses() throws IOException {
    assertThat(Sources.files("src/test", PAUSES))
        .containsExactly(
            "Pace.java",
            // Occupies the thread of the deadlines, as a suspension of the process does.
            "SuspendTest.java",
            "TestPausesTest.java");
  }

  @Test
  void pausesPaceLoadsAndDelaysAndPolls() throws IOException {
    assertThat(Sources.files("src/test", USES_PACE))
        .containsExactly(
            // Loads.
            "Canary.java",
            "ConnectionFlood.java",
            // Polls until a check passes or fails for good.
            "Eventually.java",
            // Polls another process, which reports no event.
            "RoleProcess.java",
            // Simulates the delay of a network.
            "SlowLink.java",
            // Loads.
            "UdpFloodTest.java",
            "VisitorFlood.java",
            // Bytes within the idle timeout.
            "VisitorSharesTest.java");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Thread.sleep(1000);",
        "TimeUnit.SECONDS.sleep(1);",
        "LockSupport.parkNanos(1_000_000);",
        "Thread.onSpinWait();",
        "connect(); latch.await(1, TimeUnit.SECONDS);",
        "connect(); changed.awaitNanos(limit.toNanos());",
        "CompletableFuture.delayedExecutor(1, SECONDS)"
      })
  void pauseIsDetected(String source) {
    assertThat(PAUSES.matcher(source.replaceAll("\\s+", "")).find()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "assertThat(latch.await(1, TimeUnit.SECONDS)).isTrue();",
        "left = changed.awaitNanos(left);",
        "if (stop.await(time.toNanos(), TimeUnit.NANOSECONDS)) {",
        "Eventually.within(limit, () -> check());"
      })
  void waitForAnEventIsAccepted(String source) {
    assertThat(PAUSES.matcher(source.replaceAll("\\s+", "")).find()).isFalse();
  }
}
