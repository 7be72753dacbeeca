package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the windows of all streams share the memory budget. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class WindowShareTest {

  private static final int BUDGET = 4 << 20;
  private static final int TRANSFERS = 8;
  private static final int ROUNDS = 60;
  private static final int FRAME_BYTES = 16 * 1024;

  private static final ScriptedPeer.Setup SETUP =
      ScriptedPeer.Setup.USUAL.budget(BUDGET).granted(256, 256);

  /** A stream whose bytes are read as soon as they arrive, until it pauses. */
  private static final class Transfer {

    private final ScriptedPeer peer;
    private final long id;
    private final MuxStream stream;

    /** The bytes that the peer may send; a grant that has not arrived is missing. */
    private long credit = MuxStream.FIRST_WINDOW;

    Transfer(ScriptedPeer peer, long id) throws Exception {
      this.peer = peer;
      this.id = id;
      peer.say(id, LinkPair.openMessage());
      this.stream = peer.opened.take();
    }

    private void send(long bytes) throws IOException {
      credit -= bytes;
      for (long left = bytes; left > 0; left -= FRAME_BYTES) {
        peer.sayData(id, (int) Math.min(left, FRAME_BYTES));
      }
    }

    /** Sends half of the credit, in steps as small as one of them that is granted again. */
    void exchange() throws IOException {
      int bytes = (int) (credit / 2);
      send(bytes);
      assertThat(stream.input().readNBytes(bytes)).hasSize(bytes);
    }

    /** Sends everything the peer may; it is not read. */
    long fill() throws Exception {
      long bytes = credit;
      long received = stream.received() + bytes;
      send(bytes);
      Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.received()).isEqualTo(received));
      return bytes;
    }
  }

  private static List<Transfer> open(ScriptedPeer peer, int count) throws Exception {
    List<Transfer> transfers = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      transfers.add(new Transfer(peer, id));
    }
    return transfers;
  }

  /** Adds the grants that the link has sent before it answers a ping. */
  private static void hearGrants(ScriptedPeer peer, List<Transfer> transfers) throws IOException {
    peer.say(0, new Message.Ping(1));
    for (; ; ) {
      ScriptedPeer.Heard heard = peer.hearAndPong();
      if (heard.message() instanceof Message.Pong) {
        return;
      }
      if (heard.message() instanceof Message.Window window) {
        transfers.get((int) heard.stream() - 1).credit += window.bytes();
      }
    }
  }

  private static void run(ScriptedPeer peer, List<Transfer> transfers) throws IOException {
    for (int round = 0; round < ROUNDS; round++) {
      for (Transfer transfer : transfers) {
        if (transfer.credit < BUDGET) {
          transfer.exchange();
        }
      }
      hearGrants(peer, transfers);
    }
  }

  /** Opens the only stream, whose window takes a share of the budget. */
  private static Transfer openWithShare(ScriptedPeer peer) throws Exception {
    var transfer = new Transfer(peer, 1);
    while (transfer.credit <= 2 * ReceiveWindow.UNSHARED_BYTES) {
      transfer.exchange();
      hearGrants(peer, List.of(transfer));
    }
    return transfer;
  }

  @Test
  void transfersWhoseReceiversAllPauseAreNotReset() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      List<Transfer> transfers = open(peer, TRANSFERS);
      run(peer, transfers);
      List<Long> unread = new ArrayList<>();
      for (Transfer transfer : transfers) {
        unread.add(transfer.fill());
      }
      assertThat(unread).anyMatch(bytes -> bytes > 2 * MuxStream.FIRST_WINDOW);
      assertThat(peer.budget.isExceeded()).isFalse();
      assertThat(peer.evictions.sum()).isZero();
      for (int i = 0; i < TRANSFERS; i++) {
        int bytes = unread.get(i).intValue();
        assertThat(transfers.get(i).stream.input().readNBytes(bytes)).hasSize(bytes);
      }
    }
  }

  /** How a stream ends. */
  private enum End {
    HALF_CLOSE {
      @Override
      void end(ScriptedPeer peer, Transfer transfer) throws IOException {
        peer.say(transfer.id, new Message.HalfClose());
      }
    },
    RESET_BY_PEER {
      @Override
      void end(ScriptedPeer peer, Transfer transfer) throws IOException {
        peer.say(transfer.id, new Message.Reset(StreamResetReason.BROKEN));
      }
    },
    RESET {
      @Override
      void end(ScriptedPeer peer, Transfer transfer) {
        transfer.stream.reset();
      }
    },
    LINK_CLOSED {
      @Override
      void end(ScriptedPeer peer, Transfer transfer) {
        peer.hangUp();
      }
    };

    abstract void end(ScriptedPeer peer, Transfer transfer) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void endedStreamReturnsItsShare(End end) throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      long all = peer.budget.share(0);
      Transfer transfer = openWithShare(peer);
      assertThat(peer.budget.share(0)).isLessThan(all);
      end.end(peer, transfer);
      Eventually.within(LinkPair.LIMIT, () -> assertThat(peer.budget.share(0)).isEqualTo(all));
    }
  }

  @Test
  void windowShrinksToItsShareWhenOthersHavePromisedMore() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      Transfer transfer = openWithShare(peer);
      peer.budget.promise(BUDGET / 2);
      for (int i = 0; i < ROUNDS && transfer.credit > ReceiveWindow.UNSHARED_BYTES; i++) {
        transfer.exchange();
        hearGrants(peer, List.of(transfer));
      }
      assertThat(transfer.credit).isLessThanOrEqualTo(ReceiveWindow.UNSHARED_BYTES);
      peer.budget.promise(-BUDGET / 2);
    }
  }
}
