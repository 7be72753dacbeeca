package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.testing.TestLog;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RelayReportTest {

  private static final Visitor VISITOR =
      new Visitor(
          "web", new InetSocketAddress("192.0.2.1", 4711), new InetSocketAddress("192.0.2.7", 80));

  private final Counters counters = new Counters();

  private String write(RelayEndReason reason) {
    var log = new TestLog();
    new RelayReport(VISITOR, 3, 5, Duration.ofMillis(20), reason)
        .write(counters, RelayReport.log(log.log(), counters, Duration.ofSeconds(10)));
    log.close();
    return log.text();
  }

  @Test
  void logsOneLineWithVisitorBytesAndReason() {
    assertThat(write(RelayEndReason.DONE))
        .contains("INFO")
        .endsWith("relay ended visitor=192.0.2.1:4711 service=web in=3 out=5 ms=20 reason=done\n");
  }

  @Test
  void countsCompleteRelaysApartFromOthers() {
    write(RelayEndReason.DONE);
    write(RelayEndReason.VISITOR_RESET);
    write(RelayEndReason.STOPPED);
    assertThat(counters.get(Counter.RELAYS_DONE)).isEqualTo(1);
    assertThat(counters.get(Counter.RELAYS_BROKEN)).isEqualTo(2);
  }
}
