package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RandomBytes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flows of a link: datagrams, their limits, and peers that break a rule. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkFlowTest {

  private static final Message.OpenFlow OPEN = LinkPair.openFlowMessage();

  private interface Script {
    void play(ScriptedPeer peer) throws Exception;
  }

  private static void isProtocolError(String words, Script script) throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      script.play(peer);
      assertThat(peer.end()).isInstanceOf(ProtocolException.class).hasMessageContaining(words);
    }
  }

  private static ByteBuffer bytes(int length) {
    return ByteBuffer.allocate(length);
  }

  private static byte[] next(BlockingQueue<byte[]> datagrams) throws InterruptedException {
    return datagrams.poll(30, TimeUnit.SECONDS);
  }

  @Test
  void datagramsOfZeroToMaxBytesArriveWholeInBothDirections() throws Exception {
    BlockingQueue<ReceivedFlow> opened = new LinkedBlockingQueue<>();
    try (var pair = Loopback.open();
        var links =
            new LinkPair(
                pair.near(),
                pair.far(),
                stream -> {},
                flow -> {
                  var received = new ReceivedFlow(flow, null);
                  opened.add(received);
                  return received;
                })) {
      var near = new ReceivedFlow();
      MuxFlow flow = links.openFlow(near);
      ReceivedFlow far = null;
      for (int length : new int[] {0, 1, 1200, 8 * 1024, 9000, 65_506, 65_507}) {
        byte[] sent = RandomBytes.of(length);
        flow.send(ByteBuffer.wrap(sent));
        far = far == null ? opened.poll(30, TimeUnit.SECONDS) : far;
        assertThat(next(far.datagrams)).isEqualTo(sent);
        far.flow.send(ByteBuffer.wrap(sent));
        assertThat(next(near.datagrams)).isEqualTo(sent);
      }
      flow.close(CloseCause.TIMED_OUT);
      assertThat(far.end.get(30, TimeUnit.SECONDS)).isEqualTo(CloseCause.TIMED_OUT);
      assertThat(links.droppedDatagrams.sum()).isZero();
      Eventually.within(LinkPair.LIMIT, () -> assertThat(links.far.openFlows()).isZero());
      links.assertNothingHeld();
    }
  }

  /** The reader of a link waits with 8 KiB within any other frame. */
  @Test
  void datagramThatHasArrivedInPartHoldsItsLengthUntilItIsComplete() throws Exception {
    byte[] sent = RandomBytes.of(60_000);
    byte[] frame = ScriptedPeer.datagramFrame(1, sent);
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      ReceivedFlow flow = peer.flows.poll(30, TimeUnit.SECONDS);
      peer.sayRaw(Arrays.copyOf(frame, 40_000));
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(peer.budget.held()).isEqualTo(frame.length));
      peer.sayRaw(Arrays.copyOfRange(frame, 40_000, frame.length));
      assertThat(next(flow.datagrams)).isEqualTo(sent);
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(peer.budget.held()).isEqualTo(LinkReader.IDLE_BYTES));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20_000, 65_507})
  void datagramLongerThanABatchWhileMemoryIsShortIsSent(int length) throws Exception {
    byte[] sent = RandomBytes.of(length);
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var others = new BufferPool(peer.budget);
      ByteBuffer loan = others.borrow((int) peer.budget.limit() / 4 * 3);
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      // The size of a batch is chosen when the one before is written.
      flow.send(bytes(3));
      assertThat(peer.hearAndPong().message()).isEqualTo(OPEN);
      assertThat(peer.hearAndPong().data()).hasSize(3);
      flow.send(ByteBuffer.wrap(sent));
      assertThat(peer.hearAndPong().data()).isEqualTo(sent);
      flow.send(bytes(1));
      assertThat(peer.hearAndPong().data()).hasSize(1);
      assertThat(peer.droppedDatagrams.sum()).isZero();
      others.release(loan);
    }
  }

  /** Streams with few bytes go first; a batch that has some grows by the datagram. */
  @Test
  void longDatagramIsSentAfterTheBytesOfAStreamWhileMemoryIsShort() throws Exception {
    byte[] sent = RandomBytes.of(60_000);
    var setup = ScriptedPeer.Setup.USUAL.socketBytes(8 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      var others = new BufferPool(peer.budget);
      ByteBuffer loan = others.borrow((int) peer.budget.limit() / 4 * 3);
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      flow.send(bytes(3));
      assertThat(peer.hearAndPong().message()).isEqualTo(OPEN);
      assertThat(peer.hearAndPong().data()).hasSize(3);
      // The write of this one waits for the peer; the queue has space for one.
      flow.send(bytes(60_000));
      peer.awaitLongWrite();
      MuxStream stream = peer.link.open(LinkPair.openMessage());
      Thread writer = Threads.start("few bytes", () -> ScriptedPeer.writeUntilFailure(stream, 100));
      flow.send(ByteBuffer.wrap(sent));
      var heard = new ArrayList<ScriptedPeer.Heard>();
      for (int i = 0; i < 4; i++) {
        heard.add(peer.hearAndPong());
      }
      assertThat(heard).extracting(ScriptedPeer.Heard::message).contains(LinkPair.openMessage());
      assertThat(heard.stream().filter(one -> one.stream() == flow.id()).toList())
          .extracting(ScriptedPeer.Heard::data)
          .containsExactly(new byte[60_000], sent);
      writer.join();
      others.release(loan);
    }
  }

  @Test
  void datagramLongerThanUdpAllowsIsDropped() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      flow.send(bytes(Message.MAX_DATAGRAM_BYTES + 1));
      flow.send(bytes(3));
      assertThat(peer.hear().message()).isEqualTo(OPEN);
      assertThat(peer.hear().data()).hasSize(3);
      assertThat(peer.droppedDatagrams.sum()).isEqualTo(1);
    }
  }

  @Test
  void openFlowIsSentWithFirstDatagramOnly() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxFlow unused = peer.link.openFlow(OPEN, new ReceivedFlow());
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      unused.close(CloseCause.TIMED_OUT);
      flow.send(bytes(0));
      var open = peer.hear();
      assertThat(open.stream()).isEqualTo(1);
      assertThat(open.message()).isEqualTo(OPEN);
      assertThat(peer.hear().data()).isEmpty();
      flow.close(CloseCause.NOT_DRAINED);
      assertThat(peer.hear().message()).isEqualTo(new Message.Reset(StreamResetReason.NOT_DRAINED));
    }
  }

  @Test
  void resetEndsOneFlowOnly() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      peer.say(2, OPEN);
      ReceivedFlow first = peer.flows.poll(30, TimeUnit.SECONDS);
      ReceivedFlow second = peer.flows.poll(30, TimeUnit.SECONDS);
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      peer.sayDatagram(2, new byte[] {5});
      assertThat(next(second.datagrams)).containsExactly(5);
      assertThat(first.end.get(30, TimeUnit.SECONDS)).isEqualTo(CloseCause.RESET);
      assertThat(second.end).isNotDone();
    }
  }

  @Test
  void everyFlowEndsWithTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      ReceivedFlow flow = peer.flows.poll(30, TimeUnit.SECONDS);
      peer.hangUp();
      assertThat(flow.end.get(30, TimeUnit.SECONDS)).isEqualTo(CloseCause.LINK_LOST);
      assertThat(peer.end()).isInstanceOf(EOFException.class);
      assertThat(peer.link.openFlows()).isZero();
      flow.flow.send(bytes(9));
      assertThat(peer.budget.held()).isZero();
    }
  }

  @Test
  void datagramThatArrivesByteByByteIsDeliveredWhole() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      ReceivedFlow flow = peer.flows.poll(30, TimeUnit.SECONDS);
      byte[] sent = RandomBytes.of(300);
      for (byte one : ScriptedPeer.datagramFrame(1, sent)) {
        peer.sayRaw(new byte[] {one});
      }
      assertThat(next(flow.datagrams)).isEqualTo(sent);
    }
  }

  /** A flood in the other direction contends for it. */
  @Test
  void datagramOfAnOpenFlowIsReceivedWithoutTheWritersLock() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var received = new ReceivedFlow();
      MuxFlow flow = peer.link.openFlow(OPEN, received);
      flow.send(bytes(0));
      peer.hear();
      var frame = new Frame(FrameType.DATAGRAM, 1, flow.id());
      LongSupplier locking =
          () -> {
            throw new AssertionError("the writer's lock was taken");
          };
      peer.link.flows().receiveDatagram(frame, ByteBuffer.wrap(new byte[] {7}), locking);
      assertThat(next(received.datagrams)).containsExactly(7);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 11, 12, 13, 9_000, 65_518})
  void truncatedDatagramIsNotDelivered(int length) throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      ReceivedFlow flow = peer.flows.poll(30, TimeUnit.SECONDS);
      byte[] frame = ScriptedPeer.datagramFrame(1, new byte[Message.MAX_DATAGRAM_BYTES]);
      peer.sayRaw(Arrays.copyOf(frame, length));
      peer.hangUp();
      // The end of the connection, or its reset.
      assertThat(peer.end()).isInstanceOf(IOException.class);
      assertThat(flow.datagrams).isEmpty();
    }
  }

  @Test
  void datagramLengthAboveMaxIsProtocolError() throws Exception {
    isProtocolError(
        "invalid DATAGRAM length 65508",
        peer -> {
          peer.say(1, OPEN);
          var header = ByteBuffer.allocate(Frame.HEADER_BYTES).putInt(0x5100ffe4).putLong(1);
          peer.sayRaw(header.array());
        });
  }

  @Test
  void datagramOfUnknownFlowIsProtocolError() throws Exception {
    isProtocolError(
        "DATAGRAM for flow 1, which was never opened", peer -> peer.sayDatagram(1, new byte[0]));
  }

  @Test
  void framesOfOtherKindAreProtocolErrors() throws Exception {
    isProtocolError(
        "DATAGRAM for stream 1",
        peer -> {
          peer.say(1, LinkPair.openMessage());
          peer.sayDatagram(1, new byte[1]);
        });
    isProtocolError(
        "DATA for flow 1",
        peer -> {
          peer.say(1, OPEN);
          peer.sayData(1, 1);
        });
    isProtocolError(
        "WINDOW for flow 1",
        peer -> {
          peer.say(1, OPEN);
          peer.say(1, new Message.Window(1));
        });
    isProtocolError(
        "OPEN_FLOW for stream 1 after stream 1",
        peer -> {
          peer.say(1, LinkPair.openMessage());
          peer.say(1, OPEN);
        });
  }

  @Test
  void sideThatAcceptsFlowsDoesNotOpenThem() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      peer.say(1, OPEN);
      assertThat(peer.end()).hasMessage("OPEN_FLOW from the side that accepts streams");
    }
  }

  @Test
  void flowsRequireTheFeature() throws Exception {
    for (boolean isOpen : new boolean[] {true, false}) {
      try (var peer = new ScriptedPeer(Link.Side.TAKES, ScriptedPeer.Setup.USUAL, Set.of())) {
        if (isOpen) {
          peer.say(1, OPEN);
        } else {
          peer.sayDatagram(1, new byte[1]);
        }
        assertThat(peer.end()).hasMessageEndingWith("without the feature UDP");
      }
    }
    try (var peer = new ScriptedPeer(Link.Side.OPENS, ScriptedPeer.Setup.USUAL, Set.of())) {
      assertThatThrownBy(() -> peer.link.openFlow(OPEN, new ReceivedFlow()))
          .isInstanceOf(IOException.class)
          .hasMessage("the peer does not support UDP");
    }
  }

  /** A visitor may send any number of datagrams before the end of its flow arrives. */
  @Test
  void lateDatagramsTakeNoCredit() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      peer.flows.poll(30, TimeUnit.SECONDS).flow.close(CloseCause.RESET);
      assertThat(peer.hear().message()).isEqualTo(new Message.Reset(StreamResetReason.BROKEN));
      var burst = ByteBuffer.allocate(1000 * (Frame.HEADER_BYTES + 1));
      for (int i = 0; i < 1000; i++) {
        burst.put(ScriptedPeer.datagramFrame(1, new byte[1]));
      }
      for (int i = 0; i < 50; i++) {
        peer.sayRaw(burst.array());
      }
      peer.say(0, new Message.Ping(7));
      assertThat(peer.hear().message()).isEqualTo(new Message.Pong(7));
      assertThat(peer.lateFrames.sum()).isEqualTo(50_000);
    }
  }

  /** Both sides close a flow, one because it is replaced and one because of an ICMP message. */
  @Test
  void lateResetsOfFlowsTakeNoCredit() throws Exception {
    int count = 30_000;
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      for (int opened = 0; opened < count; opened += 1000) {
        List<MuxFlow> flows = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          flows.add(peer.link.openFlow(OPEN, new ReceivedFlow()));
          flows.getLast().send(bytes(0));
        }
        for (int i = 0; i < 1000; i++) {
          assertThat(peer.hearAndPong().message()).isEqualTo(OPEN);
          assertThat(peer.hearAndPong().data()).isEmpty();
        }
        flows.forEach(flow -> flow.close(CloseCause.NOT_DRAINED));
        for (int i = 0; i < 1000; i++) {
          assertThat(peer.hearAndPong().message()).isInstanceOf(Message.Reset.class);
        }
      }
      var resets = ByteBuffer.allocate(count * (Frame.HEADER_BYTES + 2));
      for (int id = 1; id <= count; id++) {
        Message.write(resets, id, new Message.Reset(StreamResetReason.BROKEN));
      }
      peer.sayRaw(resets.array());
      peer.say(0, new Message.Ping(7));
      assertThat(peer.hearAndPong().message()).isEqualTo(new Message.Pong(7));
      assertThat(peer.lateFrames.sum()).isEqualTo(count);
    }
  }
}
