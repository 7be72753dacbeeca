package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When visitors of a service are refused because its origin server does not answer. */
class PendingOpensTest {

  private static final int MAX = 10;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final PendingOpens opens = new PendingOpens(MAX, now::get);

  private void begin(int visitors) {
    for (int i = 0; i < visitors; i++) {
      assertThat(opens.tryBegin()).isTrue();
    }
  }

  private void pass(long nanos) {
    now.addAndGet(nanos);
  }

  @Test
  void burstBeyondTheLimitIsAdmitted() {
    begin(20 * MAX);
    pass(PendingOpens.STALL.toNanos());
    begin(1);
  }

  @Test
  void visitorsBeyondTheLimitAreRefusedWhileTheServerAcceptsNone() {
    begin(MAX);
    pass(PendingOpens.STALL.toNanos() + 1);
    assertThat(opens.tryBegin()).isFalse();
    opens.end(false);
    begin(1);
    assertThat(opens.tryBegin()).isFalse();
  }

  @Test
  void acceptedVisitorShowsThatTheServerAnswers() {
    begin(MAX);
    pass(PendingOpens.STALL.toNanos() + 1);
    opens.end(true);
    begin(5 * MAX);
    pass(PendingOpens.STALL.toNanos() + 1);
    assertThat(opens.tryBegin()).isFalse();
  }

  @Test
  void timeWithoutVisitorsIsNoStall() {
    begin(1);
    opens.end(true);
    pass(100 * PendingOpens.STALL.toNanos());
    begin(2 * MAX);
  }
}
