package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.mux.ScriptedPeer.Setup;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A direction that has ended in order is delivered, whatever becomes of the other one. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkHalfCloseTest {

  private static final long SECOND_NANOS = 1_000_000_000;

  private static MuxStream accepted(ScriptedPeer peer) throws Exception {
    peer.say(1, LinkPair.openMessage());
    MuxStream stream = peer.opened.take();
    stream.accept();
    assertThat(peer.hear().message()).isInstanceOf(Message.Accepted.class);
    return stream;
  }

  private static void sendAndEnd(MuxStream stream, int bytes) throws IOException {
    stream.output().write(new byte[bytes]);
    stream.closeOutput();
  }

  private static void hearAndEnd(ScriptedPeer peer, int bytes) throws IOException {
    assertThat(peer.hear().data()).hasSize(bytes);
    assertThat(peer.hear().message()).isInstanceOf(Message.HalfClose.class);
  }

  /** Everything that the link had to send before is heard before the PONG. */
  private static void hearNothingElse(ScriptedPeer peer) throws IOException {
    peer.say(0, new Message.Ping(5));
    assertThat(peer.hear().message()).isEqualTo(new Message.Pong(5));
  }

  private static void assertReleased(ScriptedPeer peer) throws Exception {
    Eventually.within(
        LinkPair.LIMIT,
        () -> {
          assertThat(peer.link.openStreams()).isZero();
          assertThat(peer.link.streams().all()).isEmpty();
          assertThat(peer.budget.held()).isLessThanOrEqualTo(LinkReader.IDLE_BYTES);
        });
  }

  @Test
  void resetAfterAHalfCloseDiscardsNothing() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(stream.closeCause()).contains(CloseCause.RESET));
      assertThat(stream.isInputComplete()).isTrue();
      assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
      assertThat(stream.input().readAllBytes()).hasSize(100);
      assertReleased(peer);
      hearNothingElse(peer);
    }
  }

  @Test
  void lossOfTheLinkAfterAHalfCloseDiscardsNothing() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      peer.hangUp();
      peer.end();
      assertThat(stream.closeCause()).contains(CloseCause.LINK_LOST);
      assertThat(stream.input().readAllBytes()).hasSize(100);
    }
  }

  @Test
  void resetByThisSideDiscardsTheBytesThatWereKept() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.closeCause()).isPresent());
      stream.reset();
      assertThatThrownBy(() -> stream.input().readAllBytes()).isInstanceOf(IOException.class);
      assertReleased(peer);
      hearNothingElse(peer);
    }
  }

  @Test
  void evictionAfterAResetOfThePeerEndsTheRelay() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      var runs = new AtomicInteger();
      stream.onBroken(runs::incrementAndGet);
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      Eventually.within(LinkPair.LIMIT, () -> assertThat(runs).hasValue(1));
      stream.evict();
      assertThat(runs).hasValue(2);
      assertThat(stream.isInputComplete()).isFalse();
      assertReleased(peer);
    }
  }

  @Test
  void evictionEndsADeliveryBetweenTwoWrites() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      for (int i = 0; i < 3; i++) {
        peer.sayData(1, 4096);
      }
      peer.say(1, new Message.HalfClose());
      Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.isInputComplete()).isTrue());
      var written = new AtomicInteger();
      var evicting =
          new ByteOutput() {
            @Override
            public void write(ByteBuffer source) {
              written.addAndGet(source.remaining());
              source.position(source.limit());
              stream.evict();
            }
          };
      assertThatThrownBy(() -> stream.input().transferTo(evicting)).isInstanceOf(IOException.class);
      assertThat(written.get()).isLessThan(3 * 4096);
      assertReleased(peer);
    }
  }

  @Test
  void endOfTheOutputBehindAResetDoesNotHideIt() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, Setup.USUAL.socketBytes(8 * 1024))) {
      MuxStream stream = accepted(peer);
      peer.say(2, LinkPair.openMessage());
      MuxStream bulk = peer.opened.take();
      bulk.accept();
      assertThat(peer.hear().message()).isInstanceOf(Message.Accepted.class);
      peer.say(2, new Message.Window(1 << 20));
      Thread sender = Threads.start("bulk", () -> LinkLimitsTest.sendQuietly(bulk, 1 << 20));
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(peer.link.writer().sample(0, 0).writing()).isTrue());
      peer.link.writer().abort(stream, null, true, StreamResetReason.BROKEN);
      peer.link.writer().halfClose(stream);
      ScriptedPeer.Heard heard = peer.hear();
      while (heard.stream() != 1) {
        heard = peer.hear();
      }
      assertThat(heard.message()).isEqualTo(new Message.Reset(StreamResetReason.BROKEN));
      peer.hangUp();
      sender.join();
    }
  }

  /** A peer of version 0.1.0 would discard what it has not read. */
  @Test
  void abandonedStreamIsNotResetWhileThePeerIsSilent() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      sendAndEnd(stream, 100);
      stream.abandon();
      hearAndEnd(peer, 100);
      hearNothingElse(peer);
      assertThatThrownBy(() -> stream.input().read()).isInstanceOf(IOException.class);
      peer.say(1, new Message.HalfClose());
      assertReleased(peer);
    }
  }

  @Test
  void bytesForAnAbandonedStreamAreAnsweredByAReset() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      sendAndEnd(stream, 100);
      stream.abandon();
      hearAndEnd(peer, 100);
      peer.sayData(1, 1);
      assertThat(peer.hear().message()).isEqualTo(new Message.Reset(StreamResetReason.BROKEN));
      assertReleased(peer);
    }
  }

  @Test
  void abandonedStreamEndsWithTheResetOfThePeer() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      sendAndEnd(stream, 100);
      stream.abandon();
      hearAndEnd(peer, 100);
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      assertReleased(peer);
      hearNothingElse(peer);
    }
  }

  /** Control goes ahead of payload, but not this. */
  @Test
  void resetFollowsTheHalfClose() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      peer.sayData(1, 1);
      Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.received()).isEqualTo(1));
      sendAndEnd(stream, 100);
      stream.abandon();
      hearAndEnd(peer, 100);
      assertThat(peer.hear().message()).isInstanceOf(Message.Reset.class);
      assertReleased(peer);
    }
  }

  @Test
  void closedLinkSendsTheEndOfEachDirectionThatHasEnded() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      sendAndEnd(stream, 100);
      peer.link.close();
      hearAndEnd(peer, 100);
      assertThat(peer.hear().message()).isInstanceOf(Message.Bye.class);
    }
  }

  @Test
  void readerReportsItsProgressAfterTheHalfClose() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      var window = new ReceiveWindow(peer.link);
      window.end(0);
      window.consumed(100);
      assertThat(window.nextReport(9 * SECOND_NANOS)).isZero();
      window.consumed(100);
      assertThat(window.nextReport(10 * SECOND_NANOS)).isEqualTo(200);
      window.consumed(1);
      assertThat(window.nextReport(11 * SECOND_NANOS)).isZero();
    }
  }

  @Test
  void grantAfterTheHalfCloseIsActivity() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream stream = accepted(peer);
      sendAndEnd(stream, 100);
      hearAndEnd(peer, 100);
      long before = stream.activity();
      peer.say(1, new Message.Window(60));
      Eventually.within(LinkPair.LIMIT, () -> assertThat(stream.activity()).isEqualTo(before + 60));
    }
  }
}
