package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Ports;
import culvert.testing.TestServer;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Row 37: one log line for each of thousands of sources filled the disk. Here unauthenticated
 * connections and visitors without a service come from more sources than are remembered.
 */
@Timeout(120)
class LogFloodIT {

  private static final int PER_SECOND = 1500;

  /** Kinds of lines that the flood causes, and the canary's. */
  private static final int EVENTS = 6;

  /** Lines of an event in a period after a burst, and a summary. */
  private static final int LINES = 6;

  @Test
  void floodFrom5000SourcesLogsAFewLinesOfEachEventInAPeriod() throws Exception {
    long lines = linesAfterBurst(Duration.ofSeconds(1), Duration.ofSeconds(3));
    assertThat(lines).isLessThanOrEqualTo((3 + 2) * EVENTS * LINES);
  }

  @Tag("full")
  @Test
  void floodFrom5000SourcesLogsLessThanFiveLinesASecond() throws Exception {
    long lines = linesAfterBurst(Duration.ofSeconds(10), Duration.ofSeconds(10));
    assertThat(lines).isLessThan(5 * 10);
  }

  /** Returns the lines that the remote proxy logs in this time, which begins after one period. */
  private static long linesAfterBurst(Duration period, Duration time) throws Exception {
    HostPort unserved = Ports.reserve();
    try (var server = TestServer.echo();
        RemoteProcess remote =
            Launcher.USUAL.remote(
                "--outside-addr=other=" + unserved, "--log-period=" + period.toSeconds() + "s");
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      Canary quiet = Canary.visit(remote.outside(), Duration.ofMillis(500));
      try (var unauthenticated = ConnectionFlood.garbage(remote.control(), PER_SECOND);
          var visitors = ConnectionFlood.garbage(unserved, PER_SECOND)) {
        Canary inBurst = Canary.visit(remote.outside(), period);
        long before = lines(remote);
        Canary later = Canary.visit(remote.outside(), time);
        long after = lines(remote);
        System.out.println(unauthenticated + ", visitors: " + visitors);
        System.out.println(
            before + " lines in " + period + ", then " + (after - before) + " in " + time);
        System.out.println(later.comparedWith(quiet));
        inBurst.assertServed();
        later.assertServed();
        remote.role().err().await("log lines suppressed", "suppressed=\"visitor reset\"");
        return after - before;
      }
    }
  }

  private static long lines(RemoteProcess remote) {
    return remote.role().err().text().lines().count();
  }
}
