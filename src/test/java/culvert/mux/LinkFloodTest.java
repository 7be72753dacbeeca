package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that carry nothing, one after the other without end, close the link that they come on. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkFloodTest {

  private static final Message.Open OPEN = LinkPair.openMessage();
  private static final String WORDS = "too many frames without payload";

  /** Frames sent at once, so that the link's reads determine the time, not the test's writes. */
  private static final int BATCH = 5000;

  private static byte[] encoded(long stream, Message message) {
    ByteBuffer out = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(out, stream, message);
    byte[] frame = new byte[out.flip().remaining()];
    out.get(frame);
    return frame;
  }

  private static void floods(ScriptedPeer peer, byte[] frame) throws Exception {
    ByteBuffer batch = ByteBuffer.allocate(BATCH * frame.length);
    while (batch.hasRemaining()) {
      batch.put(frame);
    }
    Thread flood = Threads.start("flood", () -> sayWithoutEnd(peer, batch.array()));
    assertThat(peer.end()).isInstanceOf(ProtocolException.class).hasMessage(WORDS);
    flood.join();
  }

  private static void sayWithoutEnd(ScriptedPeer peer, byte[] bytes) {
    try {
      while (true) {
        peer.sayRaw(bytes);
      }
    } catch (IOException e) {
      // The link has had enough.
    }
  }

  /** The peer sends nothing more, or single bytes that prove it alive. */
  @ParameterizedTest
  @ValueSource(ints = {1, LinkReader.IDLE_BYTES, 3 * LinkReader.IDLE_BYTES + 1})
  void halfAFrameHoldsTheBufferOfAnIdleLink(int bytes) throws Exception {
    byte[] ping = encoded(0, new Message.Ping(1));
    byte[] frames = new byte[bytes];
    for (int at = 0; at < bytes; at++) {
      frames[at] = ping[at % ping.length];
    }
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      peer.sayRaw(frames);
      Eventually.within(
          LinkPair.LIMIT,
          () -> {
            assertThat(peer.link.connection().received()).isEqualTo(bytes);
            assertThat(peer.budget.held()).isEqualTo(LinkReader.IDLE_BYTES);
          });
    }
  }

  @Test
  void endlessPingsEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      floods(peer, encoded(0, new Message.Ping(1)));
    }
  }

  @Test
  void endlessPongsEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      peer.link.probe(Duration.ZERO, alive -> {});
      floods(peer, encoded(0, new Message.Pong(peer.hearPing().token())));
    }
  }

  @Test
  void endlessOneByteGrantsEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      floods(peer, encoded(1, new Message.Window(1)));
    }
  }

  @Test
  void endlessOffersEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      floods(peer, encoded(0, new Message.Offer("a")));
    }
  }

  @Test
  void endlessWithdrawalsEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      floods(peer, encoded(0, new Message.Withdraw("a")));
    }
  }

  @Test
  void endlessReportsOfHealthEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      floods(peer, encoded(0, new Message.Health(true, "a")));
    }
  }

  @Test
  void endlessResetsOfEndedStreamEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      floods(peer, encoded(1, new Message.Reset(StreamResetReason.BROKEN)));
    }
  }

  @Test
  void endlessResetsOfEndedFlowEndTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, LinkPair.openFlowMessage());
      peer.flows.take().flow.close(CloseCause.RESET);
      floods(peer, encoded(1, new Message.Reset(StreamResetReason.BROKEN)));
    }
  }

  @Test
  void endlessDataForEndedStreamEndsTheLink() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      peer.say(1, OPEN);
      peer.opened.take().reset();
      ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + 1);
      Frame.write(frame, FrameType.DATA, 1, 1);
      floods(peer, frame.array());
    }
  }

  /** Many more frames than there are places for, all of streams that did move their byte. */
  @Test
  void endlessShortStreamsAreAccepted() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES)) {
      int streams = 30_000;
      for (int id = 1; id <= streams; id++) {
        peer.say(id, OPEN);
        MuxStream stream = peer.opened.take();
        stream.accept();
        assertThat(peer.hearAndPong().message()).isInstanceOf(Message.Accepted.class);
        peer.sayRaw(encoded(id, new Message.Window(1)));
        peer.sayRaw(encoded(id, new Message.Reset(StreamResetReason.BROKEN)));
      }
      peer.say(streams, new Message.Reset(StreamResetReason.BROKEN));
      peer.say(0, new Message.Bye(ByeReason.STOPPING, "enough"));
      assertThat(peer.end()).hasMessageContaining("enough");
    }
  }
}
