package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import org.junit.jupiter.api.Test;

/** Which of two kinds that both wait has the next turn. */
class SendBalanceTest {

  private static final int BULK_COST = SendBalance.cost(Frame.HEADER_BYTES + 16 * 1024);

  private final SendBalance balance = new SendBalance();

  private int bulkTurns() {
    int turns = 0;
    for (; balance.isBulkNext(); turns++) {
      balance.sentBulk(BULK_COST);
    }
    return turns;
  }

  @Test
  void datagramOfMaximumLengthCostsFourTurnsOfBulk() {
    balance.sentDatagrams(SendBalance.cost(Frame.HEADER_BYTES + Message.MAX_DATAGRAM_BYTES));
    assertThat(bulkTurns()).isEqualTo(4);
  }

  @Test
  void emptyDatagramsCostTurnsOfBulk() {
    for (int i = 0; i < 100; i++) {
      balance.sentDatagrams(SendBalance.cost(Frame.HEADER_BYTES));
    }
    assertThat(bulkTurns()).isEqualTo(4);
  }

  /** A turn that is cut short because the batch is full leaves the rest for the next batch. */
  @Test
  void bulkThatSentLessThanDatagramsHasTheNextTurnToo() {
    balance.sentDatagrams(BULK_COST);
    balance.sentBulk(SendBalance.cost(Frame.HEADER_BYTES + 1024));
    assertThat(bulkTurns()).isEqualTo(1);
  }

  @Test
  void datagramsGainOneTurnWhileOnlyBulkIsSent() {
    for (int i = 0; i < 1000; i++) {
      balance.sentBulk(BULK_COST);
    }
    assertThat(balance.isBulkNext()).isFalse();
    balance.sentDatagrams(BULK_COST);
    assertThat(balance.isBulkNext()).isTrue();
  }

  @Test
  void bulkGainsFiveTurnsWhileOnlyDatagramsAreSent() {
    for (int i = 0; i < 1000; i++) {
      balance.sentDatagrams(BULK_COST);
    }
    assertThat(bulkTurns()).isEqualTo(5);
  }
}
