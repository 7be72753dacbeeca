package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Row 36: accepts that never wait kept every other thread from its turn. */
class AcceptBurstTest {

  private long nanos;
  private final AcceptBurst burst = new AcceptBurst(() -> nanos);

  private boolean accept(long duration) {
    burst.begin();
    nanos += duration;
    return burst.isLongAfterAccept();
  }

  @Test
  void everySixteenthAcceptThatDidNotWaitEndsABurst() {
    for (int i = 1; i <= 10 * AcceptBurst.MAX_ACCEPTS; i++) {
      assertThat(accept(1000)).isEqualTo(i % AcceptBurst.MAX_ACCEPTS == 0);
    }
  }

  @Test
  void acceptThatWaitedStartsANewBurst() {
    for (int i = 1; i <= 10 * AcceptBurst.MAX_ACCEPTS; i++) {
      boolean waits = i % (AcceptBurst.MAX_ACCEPTS - 1) == 0;
      assertThat(accept(waits ? AcceptBurst.WAIT_NANOS : 1000)).isFalse();
    }
  }
}
