package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which streams are reset when the memory budget is exceeded. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class StreamEvictionTest {

  private static final int BYTES = MuxStream.FIRST_WINDOW;
  private static final int BUDGET = 1 << 20;

  /** First windows that fit into the budget beside the buffer of the link's reader. */
  private static final int FITTING = 48;

  private static final ScriptedPeer.Setup SETUP =
      ScriptedPeer.Setup.USUAL.budget(BUDGET).granted(256, 256);

  private final List<MuxStream> streams = new ArrayList<>();

  private MuxStream open(ScriptedPeer peer) throws Exception {
    peer.say(streams.size() + 1, LinkPair.openMessage());
    MuxStream stream = peer.opened.take();
    streams.add(stream);
    return stream;
  }

  /** Opens a stream that has {@code bytes} unread ones. */
  private MuxStream fill(ScriptedPeer peer, int bytes) throws Exception {
    MuxStream stream = open(peer);
    peer.sayData(streams.size(), bytes);
    Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.received()).isEqualTo(bytes));
    return stream;
  }

  private void fillUntilEviction(ScriptedPeer peer) throws Exception {
    while (peer.evictions.sum() == 0) {
      fill(peer, BYTES);
      assertThat(streams.size()).isLessThan(200);
    }
  }

  private static boolean isEvicted(MuxStream stream) {
    return stream.closeCause().isPresent();
  }

  @Test
  void longestUnreadStreamIsResetUnderMemoryPressure() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      for (int i = 0; i < FITTING; i++) {
        fill(peer, BYTES);
      }
      List<MuxStream> recent = List.copyOf(streams.subList(FITTING / 2, FITTING));
      for (MuxStream stream : recent) {
        assertThat(stream.input().readNBytes(1)).hasSize(1);
      }
      fillUntilEviction(peer);
      assertThat(streams.getFirst().closeCause()).contains(CloseCause.NOT_DRAINED);
      assertThat(recent).noneMatch(StreamEvictionTest::isEvicted);
      assertThat(streams.getLast().input().readNBytes(BYTES)).hasSize(BYTES);
    }
  }

  /** Each of the datagrams may be dropped, and none of the streams' bytes. */
  @Test
  void floodOfDatagramsGetsNoStreamEvicted() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP.socketBytes(64 * 1024))) {
      for (int i = 0; i < 8; i++) {
        fill(peer, BYTES - 2);
      }
      List<MuxFlow> flooded = new ArrayList<>();
      for (int id = 9; id < 29; id++) {
        peer.say(id, LinkPair.openFlowMessage());
        flooded.add(peer.flows.take().flow);
      }
      // The peer does not read.
      for (int i = 0; i < 200; i++) {
        flooded.forEach(flow -> flow.send(ByteBuffer.allocate(1400)));
      }
      assertThat(peer.droppedDatagrams.sum()).isPositive();
      assertThat(peer.budget.held()).isLessThan(peer.budget.limit() / 4 * 3);
      // The reader evicts after each read: when the second byte is there, it has done so once.
      for (int more = 1; more <= 2; more++) {
        int received = BYTES - 2 + more;
        peer.sayData(1, 1);
        Eventually.within(
            LinkPair.LIMIT, () -> assertThat(streams.getFirst().received()).isEqualTo(received));
      }
      assertThat(peer.evictions.sum()).isZero();
    }
  }

  /** An idle visitor of a chat, whose peer has sent one line long ago. */
  @Test
  void streamThatHoldsFewBytesIsNotEvictedBeforeThoseThatHoldMany() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      MuxStream quiet = fill(peer, 1);
      fillUntilEviction(peer);
      assertThat(quiet.closeCause()).isEmpty();
      assertThat(quiet.input().readNBytes(1)).hasSize(1);
    }
  }

  /** The large one has paused for the shortest time. */
  @Test
  void streamWithinItsFirstWindowIsNotEvictedBeforeLargerOnes() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      MuxStream large = open(peer);
      int window = grow(peer, large, BUDGET / 8 * 3);
      for (int i = 0; i < 16; i++) {
        fill(peer, BYTES);
      }
      for (int left = window; left > 0; left -= BYTES) {
        peer.sayData(1, BYTES);
      }
      fillUntilEviction(peer);
      assertThat(large.closeCause()).contains(CloseCause.NOT_DRAINED);
      assertThat(streams.stream().filter(StreamEvictionTest::isEvicted)).hasSize(1);
    }
  }

  /** Reads a quarter of the first stream's window at a time until it has this size. */
  private static int grow(ScriptedPeer peer, MuxStream stream, int size) throws Exception {
    int window = BYTES;
    while (window < size) {
      peer.sayData(1, window / 4);
      assertThat(stream.input().readNBytes(window / 4)).hasSize(window / 4);
      var grant = (Message.Window) peer.hear().message();
      window += grant.bytes() - window / 4;
    }
    return window;
  }

  /** Blocked writers, for example, hold them. */
  @Test
  void firstWindowsAreNotEvictedForBytesThatNoStreamHolds() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      for (int i = 0; i < 16; i++) {
        fill(peer, BYTES);
      }
      var others = new BufferPool(peer.budget);
      ByteBuffer loan = others.borrow(BUDGET);
      fill(peer, BYTES);
      // The reader has checked the budget after the bytes before these.
      fill(peer, BYTES);
      assertThat(peer.evictions.sum()).isZero();
      assertThat(streams).noneMatch(StreamEvictionTest::isEvicted);
      others.release(loan);
    }
  }

  /** Relays of two sockets, for example, hold them: a reset of every stream would not help. */
  @Test
  void largeStreamIsNotEvictedForBytesThatNoStreamHolds() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      MuxStream large = open(peer);
      int window = grow(peer, large, 4 * BYTES);
      for (int left = window; left > 0; left -= BYTES) {
        peer.sayData(1, BYTES);
      }
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(large.held()).isGreaterThanOrEqualTo(window));
      var others = new BufferPool(peer.budget);
      ByteBuffer loan = others.borrow(BUDGET);
      fill(peer, 1);
      // The reader has checked the budget after the bytes before these.
      fill(peer, 1);
      assertThat(peer.evictions.sum()).isZero();
      others.release(loan);
    }
  }

  /** Both directions have ended, so the table forgets it; its unread bytes still count. */
  @Test
  void unreadBytesOfEndedStreamAreEvicted() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      MuxStream ended = fill(peer, BYTES);
      ended.accept();
      peer.say(1, new Message.HalfClose());
      ended.closeOutput();
      fillUntilEviction(peer);
      assertThat(ended.closeCause()).contains(CloseCause.NOT_DRAINED);
      assertThat(streams.getLast().input().readNBytes(BYTES)).hasSize(BYTES);
    }
  }

  @Test
  void windowShrinksWhenMemoryIsNearlyExhausted() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, SETUP)) {
      MuxStream read = open(peer);
      // More than three quarters, without the buffer that the reader borrows while it is busy.
      for (int i = 0; i <= FITTING; i++) {
        fill(peer, BYTES);
      }
      assertThat(peer.budget.isNearlyExhausted()).isTrue();
      peer.sayData(1, BYTES);
      assertThat(read.input().readNBytes(BYTES)).hasSize(BYTES);
      // 12 KiB are not granted again; a quarter of the window that is left is.
      peer.sayData(1, 0);
      assertThat(((Message.Window) peer.hear().message()).bytes()).isLessThanOrEqualTo(4 * 1024);
    }
  }
}
