package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ProtocolException;
import org.junit.jupiter.api.Test;

/** Places for frames that carry nothing: spent one by one, earned with all that does carry. */
class ControlFrameBudgetTest {

  private static final int MOST = 20_000;
  private static final long SECOND = 1_000_000_000;

  /** The counter of nanoseconds may wrap. */
  private static final long BEGAN = Long.MAX_VALUE - SECOND / 2;

  private static final int STREAMS = 100;

  private final ControlFrameBudget patience = new ControlFrameBudget(BEGAN, STREAMS);

  private void spend(int times) throws ProtocolException {
    for (int i = 0; i < times; i++) {
      patience.spend();
    }
  }

  private void isSpent() {
    assertThatThrownBy(patience::spend)
        .isInstanceOf(ProtocolException.class)
        .hasMessage("too many frames without payload");
  }

  @Test
  void peerThatSendsOnlyControlFramesExhaustsBudget() throws Exception {
    spend(MOST);
    isSpent();
  }

  @Test
  void timeRefillsBudget() throws Exception {
    spend(MOST);
    patience.refill(BEGAN + SECOND, 0);
    spend(2000);
    isSpent();
  }

  @Test
  void elapsedTimeIsCountedOnce() throws Exception {
    spend(MOST);
    for (int i = 0; i < 10; i++) {
      patience.refill(BEGAN + SECOND, 0);
    }
    spend(2000);
    isSpent();
  }

  @Test
  void transferredBytesRefillBudget() throws Exception {
    spend(MOST);
    patience.refill(BEGAN, 512);
    patience.refill(BEGAN, 100 * 1024);
    spend(100);
    isSpent();
  }

  /** A ping is twenty bytes, and must not earn its own place. */
  @Test
  void floodDoesNotRefillItsOwnBudget() throws Exception {
    for (int i = 1; i <= MOST; i++) {
      patience.refill(BEGAN, i * 40L);
      patience.spend();
    }
    assertThat(left()).isLessThan(MOST / 10);
  }

  private int left() {
    for (int n = 0; ; n++) {
      try {
        patience.spend();
      } catch (ProtocolException e) {
        return n;
      }
    }
  }

  @Test
  void eachStreamRefillsWhatItNeeds() throws Exception {
    spend(MOST);
    patience.refillForStream();
    patience.refillForStream();
    spend(16);
    isSpent();
  }

  @Test
  void unusedBudgetDoesNotAccumulate() throws Exception {
    patience.refill(BEGAN + 3600 * SECOND, 1L << 40);
    assertThat(left()).isEqualTo(MOST + 8 * STREAMS);
  }

  @Test
  void budgetOfStreamsAccumulatesUpToMaxStreams() throws Exception {
    for (int i = 0; i < MOST; i++) {
      patience.refillForStream();
    }
    assertThat(left()).isEqualTo(MOST + 8 * STREAMS);
  }
}
