package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Peers that break a rule of the link, and peers that only seem to. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkRulesTest {

  private static final Message.Open OPEN = LinkPair.openMessage();

  private interface Script {
    void play(ScriptedPeer peer) throws Exception;
  }

  /** The link ends with a BYE to the peer, and run() throws the same reason. */
  private static void isProtocolError(Link.Side side, String words, Script script)
      throws Exception {
    try (var peer = new ScriptedPeer(side)) {
      script.play(peer);
      assertThat(peer.end()).isInstanceOf(ProtocolException.class).hasMessageContaining(words);
    }
  }

  private static void isProtocolError(String words, Script script) throws Exception {
    isProtocolError(Link.Side.TAKES, words, script);
  }

  @Test
  void peerReceivesReasonOfProtocolError() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, new Message.Window(5));
      var bye = (Message.Bye) peer.hear().message();
      assertThat(bye.reason()).isEqualTo(ByeReason.PROTOCOL);
      assertThat(bye.text()).isEqualTo("WINDOW for stream 1, which was never opened");
    }
  }

  @Test
  void frameForUnknownStreamIsProtocolError() throws Exception {
    isProtocolError("never opened", peer -> peer.sayData(1, 1));
    isProtocolError("never opened", peer -> peer.say(9, new Message.HalfClose()));
    isProtocolError(
        "never opened", peer -> peer.say(9, new Message.Reset(StreamResetReason.BROKEN)));
  }

  @Test
  void dataBeyondWindowIsProtocolError() throws Exception {
    isProtocolError(
        "beyond the window",
        peer -> {
          peer.say(1, OPEN);
          peer.sayData(1, MuxStream.FIRST_WINDOW);
          peer.sayData(1, 1);
        });
  }

  @Test
  void dataAfterHalfCloseIsProtocolError() throws Exception {
    isProtocolError(
        "after HALF_CLOSE",
        peer -> {
          peer.say(1, OPEN);
          peer.say(1, new Message.HalfClose());
          peer.sayData(1, 1);
        });
    isProtocolError(
        "second HALF_CLOSE",
        peer -> {
          peer.say(1, OPEN);
          peer.say(1, new Message.HalfClose());
          peer.say(1, new Message.HalfClose());
        });
  }

  @Test
  void decreasingStreamIdIsProtocolError() throws Exception {
    isProtocolError(
        "OPEN for stream 5 after stream 5",
        peer -> {
          peer.say(5, OPEN);
          peer.say(5, OPEN);
        });
    isProtocolError(
        "OPEN for stream 4 after stream 5",
        peer -> {
          peer.say(5, OPEN);
          peer.say(4, OPEN);
        });
  }

  @Test
  void opensBeyondGrantAreProtocolError() throws Exception {
    isProtocolError(
        "more opens than the 4 granted",
        peer -> {
          for (int id = 1; id <= ScriptedPeer.OPENS + 1; id++) {
            peer.say(id, OPEN);
          }
        });
  }

  @Test
  void resetOpenCountsUntilAnswered() throws Exception {
    isProtocolError(
        "more opens than the 4 granted",
        peer -> {
          for (int id = 1; id <= ScriptedPeer.OPENS + 1; id++) {
            peer.say(id, OPEN);
            peer.say(id, new Message.Reset(StreamResetReason.BROKEN));
          }
        });
  }

  @Test
  void openFromAcceptingSideIsProtocolError() throws Exception {
    isProtocolError(Link.Side.OPENS, "OPEN from the side", peer -> peer.say(1, OPEN));
    isProtocolError("ACCEPTED from the side", peer -> peer.say(1, new Message.Accepted()));
  }

  @Test
  void answerWithoutOpenIsProtocolError() throws Exception {
    isProtocolError(
        Link.Side.OPENS, "answer without an OPEN", peer -> peer.say(1, new Message.Accepted()));
    isProtocolError(
        Link.Side.OPENS,
        "answer without an OPEN",
        peer -> {
          peer.link.open(OPEN).output().write(1);
          peer.say(1, new Message.Accepted());
          peer.say(1, new Message.Accepted());
        });
  }

  @Test
  void grantAboveMaximumWindowIsProtocolError() throws Exception {
    isProtocolError(
        "above 2147483647",
        peer -> {
          peer.say(1, OPEN);
          peer.say(1, new Message.Window(Integer.MAX_VALUE));
        });
  }

  @Test
  void pongWithoutPingIsProtocolError() throws Exception {
    isProtocolError("PING that was not sent", peer -> peer.say(0, new Message.Pong(1 << 20)));
  }

  @Test
  void handshakeMessageAfterLoginIsProtocolError() throws Exception {
    isProtocolError("after the login", peer -> peer.say(0, new Message.Proof(new byte[32])));
  }

  @Test
  void lateFramesAfterResetAreDroppedAndCounted() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      peer.opened.take().reset();
      peer.sayData(1, 100);
      peer.say(1, new Message.Window(10));
      peer.say(1, new Message.HalfClose());
      peer.say(2, OPEN);
      MuxStream next = peer.opened.take();
      peer.sayData(2, 3);
      assertThat(next.input().readNBytes(3)).hasSize(3);
      assertThat(peer.lateFrames.sum()).isEqualTo(3);
      next.reset();
    }
  }

  @Test
  void streamClosedBeforeAnswerIsRefused() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      peer.opened.take().close();
      var heard = peer.hear();
      assertThat(heard.stream()).isEqualTo(1);
      assertThat(heard.message()).isInstanceOf(Message.Refused.class);
    }
  }

  /** Or its credit would be lost to the peer for ever. */
  @Test
  void openResetByPeerIsAnsweredWhenStreamIsClosed() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      peer.say(1, new Message.Reset(StreamResetReason.BROKEN));
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(stream.closeCause()).contains(CloseCause.RESET));
      stream.close();
      assertThat(peer.hear().message()).isInstanceOf(Message.Refused.class);
    }
  }

  @Test
  void streamBeyondGrantIsRefusedWithoutError() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      for (int id = 1; id <= ScriptedPeer.STREAMS; id++) {
        peer.say(id, OPEN);
        peer.opened.take().accept();
        assertThat(peer.hear().message()).isInstanceOf(Message.Accepted.class);
      }
      peer.say(99, OPEN);
      var refused = (Message.Refused) peer.hear().message();
      assertThat(refused.reason()).isEqualTo(StreamRefusedReason.BUSY);
    }
  }

  @Test
  void openBeyondGrantWaitsForAnswer() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxStream[] streams = new MuxStream[ScriptedPeer.OPENS + 1];
      for (int i = 0; i < streams.length; i++) {
        streams[i] = peer.link.open(LinkPair.openMessage("service" + i));
        Threads.start("opener", awaiting(streams[i]));
      }
      for (int i = 0; i < ScriptedPeer.OPENS; i++) {
        assertThat(peer.hear().message()).isInstanceOf(Message.Open.class);
      }
      peer.say(3, new Message.Accepted());
      var fifth = peer.hear();
      assertThat(fifth.stream()).isEqualTo(5);
      assertThat(fifth.message()).isInstanceOf(Message.Open.class);
    }
  }

  private static Runnable awaiting(MuxStream stream) {
    return () -> stream.awaitAnswer(LinkPair.LIMIT);
  }

  @Test
  void openAndFirstBytesShareOneWrite() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      MuxStream stream = peer.link.open(OPEN);
      stream.output().write("GET".getBytes());
      assertThat(peer.hear().message()).isEqualTo(OPEN);
      assertThat(peer.hear().data()).asString().isEqualTo("GET");
      stream.reset();
    }
  }

  @Test
  void latestPongAnswersAllPings() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      for (int token = 1; token <= 1000; token++) {
        peer.say(0, new Message.Ping(token));
      }
      Message.Pong last = null;
      while (last == null || last.token() != 1000) {
        var pong = (Message.Pong) peer.hear().message();
        assertThat(last == null || pong.token() > last.token()).isTrue();
        last = pong;
      }
    }
  }

  @Test
  void tinyFramesUseNoMoreMemoryThanTheirBytes() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      for (int i = 0; i < MuxStream.FIRST_WINDOW; i++) {
        peer.sayData(1, 1);
      }
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(stream.received()).isEqualTo(MuxStream.FIRST_WINDOW));
      // The reader's buffer is given back when it has nothing to read.
      Eventually.within(
          LinkPair.LIMIT,
          () -> assertThat(peer.budget.held()).isLessThan(2 * MuxStream.FIRST_WINDOW));
    }
  }

  @Test
  void invalidHeaderEndsTheLink() throws Exception {
    isProtocolError("unknown frame type", peer -> peer.sayRaw(new byte[Frame.HEADER_BYTES]));
  }

  @Test
  void resetOfUnreadBytesIsNoCleanEnd() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      stream.accept();
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      peer.say(0, new Message.Ping(1));
      // The answer to the ping shows that the half-close has been read.
      assertThat(List.of(peer.hear().message(), peer.hear().message()))
          .hasOnlyElementsOfTypes(Message.Accepted.class, Message.Pong.class);
      assertThat(stream.input().readNBytes(50)).hasSize(50);
      stream.closeOutput();
      stream.reset();
      assertThatThrownBy(() -> stream.input().read()).isInstanceOf(IOException.class);
      assertThat(peer.budget.held()).isLessThanOrEqualTo(LinkReader.IDLE_BYTES);
      assertThat(peer.hear().message()).as("not lost").isInstanceOf(Message.HalfClose.class);
    }
  }

  /** Bytes that arrived before the link was lost can still be read. */
  @Test
  void lossOfLinkKeepsBytesOfEndedStream() throws Exception {
    MuxStream stream;
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      stream = peer.opened.take();
      stream.accept();
      peer.sayData(1, 100);
      peer.say(1, new Message.HalfClose());
      stream.closeOutput();
      Eventually.within(LinkPair.LIMIT, () -> assertThat(peer.link.openStreams()).isZero());
    }
    assertThat(stream.input().readAllBytes()).hasSize(100);
  }

  /** Streams given up while they waited must not use up the room that an answer makes. */
  @Test
  void openQueuedBehindAbortedOnesIsSent() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      for (int i = 0; i < ScriptedPeer.OPENS; i++) {
        peer.link.open(LinkPair.openMessage("service" + i)).output().write(1);
      }
      for (int i = 0; i < 100; i++) {
        MuxStream doomed = peer.link.open(OPEN);
        assertThat(doomed.awaitAnswer(Duration.ZERO)).isEqualTo(MuxStream.Answer.NONE);
        doomed.reset();
      }
      MuxStream live = peer.link.open(OPEN);
      Threads.start("opener", awaiting(live));
      for (int id = 1; id <= ScriptedPeer.OPENS; id++) {
        peer.say(id, new Message.Accepted());
      }
      Eventually.within(
          LinkPair.LIMIT, () -> assertThat(live.id()).isEqualTo(ScriptedPeer.OPENS + 1));
    }
  }
}
