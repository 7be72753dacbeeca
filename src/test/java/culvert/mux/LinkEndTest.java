package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.mux.ScriptedPeer.Setup;
import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A closed or finished link sends BYE last, after the bytes of complete streams. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkEndTest {

  private static final Message.Open OPEN = LinkPair.openMessage();
  private static final Message.Bye DRAINED = new Message.Bye(ByeReason.STOPPING, "drained");
  private static final Message.Bye BYE = new Message.Bye(ByeReason.STOPPING, "stopping");

  private static void isOver(ScriptedPeer peer) throws Exception {
    assertThatThrownBy(peer::hear).isInstanceOf(EOFException.class);
    peer.hangUp();
    assertThat(peer.end()).as("it was ended from this side").hasMessage("closed");
  }

  @Test
  void linkWithoutStreamsFinishesAtOnce() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      peer.link.finish();
      assertThat(peer.hear().message()).isEqualTo(DRAINED);
      isOver(peer);
    }
  }

  @Test
  void finishingLinkOpensNoStreamsAndEndsAfterTheLast() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxStream first = peer.link.open(OPEN);
      MuxStream second = peer.link.open(OPEN);
      first.output().write(1);
      second.output().write(2);
      peer.link.finish();
      assertThatThrownBy(() -> peer.link.open(OPEN)).hasMessage("the session is draining");
      for (int i = 0; i < 4; i++) {
        assertThat(peer.hear().stream()).isIn(1L, 2L);
      }
      peer.say(1, new Message.Accepted());
      peer.say(2, new Message.Accepted());
      peer.sayData(1, 10);
      peer.say(1, new Message.HalfClose());
      assertThat(first.input().readAllBytes()).hasSize(10);
      first.output().write(3);
      first.closeOutput();
      assertThat(peer.hear().data()).containsExactly(3);
      assertThat(peer.hear().message()).isEqualTo(new Message.HalfClose());
      second.reset();
      assertThat(peer.hear().message()).isInstanceOf(Message.Reset.class);
      assertThat(peer.hear().message()).isEqualTo(DRAINED);
      isOver(peer);
    }
  }

  /** A flow has no end of its own: the side that opened it decides when it is over. */
  @Test
  void finishingLinkEndsAfterItsLastFlow() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxFlow flow = peer.link.openFlow(LinkPair.openFlowMessage(), new ReceivedFlow());
      assertThat(peer.link.finish()).isTrue();
      assertThatThrownBy(() -> peer.link.openFlow(LinkPair.openFlowMessage(), new ReceivedFlow()))
          .hasMessage("the session is draining");
      flow.send(ByteBuffer.allocate(1));
      assertThat(peer.hear().message()).isEqualTo(LinkPair.openFlowMessage());
      assertThat(peer.hear().data()).hasSize(1);
      flow.close(CloseCause.TIMED_OUT);
      assertThat(peer.hear().message()).isEqualTo(new Message.Reset(StreamResetReason.TIMED_OUT));
      assertThat(peer.hear().message()).isEqualTo(DRAINED);
      isOver(peer);
    }
  }

  @Test
  void refusedOpenDoesNotDelayFinish() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      peer.link.open(OPEN).output().write(1);
      peer.link.finish();
      assertThat(peer.hear().message()).isEqualTo(OPEN);
      assertThat(peer.hear().data()).hasSize(1);
      peer.say(1, new Message.Refused(StreamRefusedReason.BUSY, "no"));
      assertThat(peer.hear().message()).isEqualTo(DRAINED);
      isOver(peer);
    }
  }

  @Test
  void closeFailsIncompleteStreams() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      stream.accept();
      stream.output().write(new byte[10]);
      peer.link.close();
      assertThat(stream.closeCause()).contains(CloseCause.STOPPED);
      assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
      assertThat(peer.hear().message()).isInstanceOf(Message.Accepted.class);
      assertThat(peer.hear().data()).hasSize(10);
      assertThat(peer.hear().message()).isEqualTo(BYE);
      isOver(peer);
    }
  }

  /** Opens a stream that floods, and returns once its writer is held up. */
  private static Thread flood(ScriptedPeer peer, MuxStream stream, int chunk) throws Exception {
    peer.say(1, new Message.Window(1 << 30));
    Thread flood =
        Threads.start(
            "flood",
            () -> {
              try {
                while (true) {
                  stream.output().write(new byte[chunk]);
                }
              } catch (IOException e) {
                // The link is closed, and the flood no complete stream.
              }
            });
    Eventually.within(
        LinkPair.LIMIT,
        () -> {
          assertThat(stream.sent()).isGreaterThan(MuxStream.FIRST_WINDOW);
          assertThat(flood.getState()).isEqualTo(Thread.State.WAITING);
        });
    return flood;
  }

  private static MuxStream accepted(ScriptedPeer peer, long id) throws Exception {
    peer.say(id, OPEN);
    MuxStream stream = peer.opened.take();
    stream.accept();
    return stream;
  }

  private static void write(MuxStream stream, int bytes) {
    try {
      stream.output().write(new byte[bytes]);
    } catch (IOException e) {
      // The link was closed before all of it had gone.
    }
  }

  /** Hears the flood out, and returns the frames of all other streams and of the link. */
  private static ScriptedPeer.Heard afterTheFlood(ScriptedPeer peer) throws IOException {
    for (; ; ) {
      ScriptedPeer.Heard heard = peer.hearAndPong();
      if (heard.stream() != 1 && !(heard.message() instanceof Message.Accepted)) {
        return heard;
      }
    }
  }

  /** Nothing may be sent before a PONG: the half-close waits, and the BYE behind it. */
  @Test
  void halfCloseDelayedByCongestionWindowPrecedesBye() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      MuxStream hoard = accepted(peer, 1);
      MuxStream complete = accepted(peer, 2);
      peer.say(2, new Message.HalfClose());
      assertThat(complete.input().read()).isEqualTo(-1);
      Thread flood = flood(peer, hoard, 100_000);
      complete.closeOutput();
      peer.link.close();
      flood.join();
      assertThat(afterTheFlood(peer).message()).isEqualTo(new Message.HalfClose());
      assertThat(peer.hearAndPong().message()).isEqualTo(BYE);
      isOver(peer);
    }
  }

  /** The socket buffer is full: the last bytes are in the next batch, and the BYE follows them. */
  @Test
  void bytesBehindBlockedWritePrecedeBye() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, Setup.USUAL.socketBytes(16 * 1024))) {
      MuxStream hoard = accepted(peer, 1);
      MuxStream complete = accepted(peer, 2);
      peer.say(2, new Message.HalfClose());
      assertThat(complete.input().read()).isEqualTo(-1);
      // All of it fits into one batch and not into the sockets: no stream waits for a turn.
      int bytes = 110_000;
      peer.say(1, new Message.Window(bytes));
      Thread writer = Threads.start("writer", () -> write(hoard, bytes));
      Eventually.within(
          LinkPair.LIMIT,
          () -> {
            assertThat(hoard.sent()).isEqualTo(bytes);
            assertThat(peer.link.writer().sample(0, 0).writing()).isTrue();
          });
      complete.output().write(new byte[100]);
      complete.closeOutput();
      peer.link.close();
      assertThat(afterTheFlood(peer).data()).hasSize(100);
      assertThat(peer.hearAndPong().message()).isEqualTo(new Message.HalfClose());
      assertThat(peer.hearAndPong().message()).isEqualTo(BYE);
      writer.join();
      isOver(peer);
    }
  }

  @Test
  void firstCloseReasonIsSent() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, Setup.USUAL.socketBytes(16 * 1024))) {
      peer.say(1, OPEN);
      Thread flood = flood(peer, peer.opened.take(), 16 * 1024);
      peer.link.close(ByeReason.SUPERSEDED, "first");
      peer.link.close(ByeReason.STOPPING, "second");
      assertThat(afterTheFlood(peer).message())
          .isEqualTo(new Message.Bye(ByeReason.SUPERSEDED, "first"));
      flood.join();
      isOver(peer);
    }
  }

  /** The BYE lingers for up to a second. */
  @Test
  void openFailsAtOnceAfterAProtocolViolation() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxStream stream = peer.link.open(OPEN);
      var flow = new ReceivedFlow();
      peer.link.openFlow(LinkPair.openFlowMessage(), flow);
      peer.say(0, new Message.Pong(7));
      assertThat(peer.hear().message()).isInstanceOf(Message.Bye.class);
      assertThat(stream.closeCause()).contains(CloseCause.LINK_LOST);
      assertThat(flow.end).isCompletedWithValue(CloseCause.LINK_LOST);
      assertThatThrownBy(() -> peer.link.open(OPEN)).hasMessage(Link.LOST);
      assertThatThrownBy(() -> peer.link.openFlow(LinkPair.openFlowMessage(), new ReceivedFlow()))
          .hasMessage(Link.LOST);
    }
  }

  @Test
  void bytesOfCompleteStreamArriveAfterImmediateClose() throws Exception {
    for (int round = 0; round < 20; round++) {
      var pipe = new MemoryPipe(4096, 333);
      var heard = new CompletableFuture<byte[]>();
      try (var links = new LinkPair(pipe.near(), pipe.far(), stream -> hear(stream, heard))) {
        MuxStream stream = links.open();
        assertThat(stream.input().read()).isEqualTo(-1);
        stream.output().write(new byte[100_000]);
        stream.closeOutput();
        links.near.close();
        assertThat(heard.get(30, TimeUnit.SECONDS)).hasSize(100_000);
        links.assertNothingHeld();
      }
    }
  }

  private static void hear(MuxStream stream, CompletableFuture<byte[]> heard) {
    try {
      stream.closeOutput();
      heard.complete(stream.input().readAllBytes());
    } catch (IOException e) {
      heard.completeExceptionally(e);
    }
  }

  @Test
  void peerReceivesCloseReason() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      links.near.close(ByeReason.SUPERSEDED, "another has come");
      String words =
          new PeerRefusedException(ByeReason.SUPERSEDED, "another has come").getMessage();
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(links.ends()).containsExactly("TAKES: " + words));
    }
  }
}
