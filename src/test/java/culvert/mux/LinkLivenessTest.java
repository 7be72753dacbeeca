package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.mux.ScriptedPeer.Setup;
import culvert.net.CloseCause;
import culvert.net.Deadlines;
import culvert.net.SilentPeerException;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Detection of peers that send nothing, accept nothing, or just enough. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkLivenessTest {

  private static final Message.Open OPEN = LinkPair.openMessage();
  private static final Setup HASTY = Setup.USUAL.heartbeat(100, 400);

  @Test
  void silentPeerIsConsideredDeadAndItsStreamsFail() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, HASTY)) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      assertThatThrownBy(() -> stream.input().read()).hasMessage("the link was lost");
      assertThat(stream.closeCause()).contains(CloseCause.LINK_LOST);
      assertThat(peer.end())
          .isInstanceOf(SilentPeerException.class)
          .hasMessage("nothing received from the peer for 400ms");
    }
  }

  @Test
  void unansweredOpenFailsWithSilentPeer() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, HASTY)) {
      MuxStream stream = peer.link.open(OPEN);
      assertThat(stream.awaitAnswer(LinkPair.LIMIT)).isEqualTo(MuxStream.Answer.LOST);
      assertThat(peer.end()).isInstanceOf(SilentPeerException.class);
      assertThatThrownBy(() -> peer.link.open(OPEN)).hasMessage("the link was lost");
    }
  }

  @Test
  void peerThatNeverReadsIsConsideredDeadAlthoughItSends() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, HASTY.socketBytes(16 * 1024));
        var deadlines = new Deadlines()) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      stream.accept();
      peer.say(1, new Message.Window(1 << 20));
      deadlines.repeat(Duration.ofMillis(20), () -> sayAByte(peer));
      assertThatThrownBy(() -> stream.output().write(new byte[1 << 20]))
          .isInstanceOf(IOException.class);
      assertThat(peer.end())
          .isInstanceOf(SilentPeerException.class)
          .hasMessage("the peer accepted nothing for 1200ms");
      assertThat(stream.closeCause()).contains(CloseCause.LINK_LOST);
    }
  }

  private static void sayAByte(ScriptedPeer peer) {
    try {
      peer.sayData(1, 1);
    } catch (IOException e) {
      // The link is over, which is what the test waits for.
    }
  }

  /** Not one whole frame comes, and no pong: each byte is of a data frame that takes its time. */
  @Test
  void peerThatSendsOccasionalBytesStaysAlive() throws Exception {
    long timeoutMillis = 2000;
    try (var peer = new ScriptedPeer(Link.Side.TAKES, Setup.USUAL.heartbeat(200, timeoutMillis))) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES);
      Frame.write(frame, FrameType.DATA, 100, 1);
      peer.sayRaw(frame.array());
      int said = 0;
      long began = System.nanoTime();
      while (System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(timeoutMillis * 3 / 2)) {
        peer.hearPing();
        peer.sayRaw(new byte[1]);
        said++;
      }
      peer.sayRaw(new byte[100 - said]);
      assertThat(stream.input().readNBytes(100)).hasSize(100);
      stream.reset();
    }
  }

  @Test
  void peerWithUnansweredPingIsQuietUntilItSends() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.heartbeat(100, 30_000))) {
      assertThat(peer.link.isQuiet()).isFalse();
      Eventually.within(LinkPair.LIMIT, () -> assertThat(peer.link.isQuiet()).isTrue());
      Eventually.within(
          LinkPair.LIMIT,
          () -> {
            peer.say(0, new Message.Ping(1));
            assertThat(peer.link.isQuiet()).isFalse();
          });
    }
  }

  @Test
  void probeReportsLivingPeer() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var answer = new CompletableFuture<Boolean>();
      peer.link.probe(Duration.ofSeconds(2), answer::complete);
      peer.say(0, new Message.Pong(peer.hearPing().token()));
      assertThat(answer.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void probeAcceptsAnyByte() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var answer = new CompletableFuture<Boolean>();
      peer.link.probe(Duration.ofSeconds(2), answer::complete);
      peer.hearPing();
      peer.sayRaw(new byte[1]);
      assertThat(answer.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void probeOfSilentPeerFailsAfterLimit() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var answer = new CompletableFuture<Boolean>();
      long began = System.nanoTime();
      peer.link.probe(Duration.ofMillis(100), answer::complete);
      assertThat(answer.get(30, TimeUnit.SECONDS)).isFalse();
      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(100_000_000);
      assertThat(peer.link.openStreams()).as("it is only asked").isZero();
      peer.say(0, new Message.Ping(7));
      assertThat(peer.hear().message()).isEqualTo(new Message.Pong(7));
    }
  }

  /** The last bytes of a link that ends meanwhile are no life. */
  @Test
  void probeOfEndedLinkFails() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS)) {
      var answer = new CompletableFuture<Boolean>();
      peer.link.probe(Duration.ofSeconds(1), answer::complete);
      peer.hearPing();
      peer.sayRaw(new byte[1]);
      peer.hangUp();
      peer.end();
      assertThat(answer.get(30, TimeUnit.SECONDS)).isFalse();
    }
  }

  @Test
  void linksAnswerEachOthersProbes() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      var ofFar = new CompletableFuture<Boolean>();
      var ofNear = new CompletableFuture<Boolean>();
      links.near.probe(Duration.ofSeconds(2), ofFar::complete);
      assertThat(ofFar.get(30, TimeUnit.SECONDS)).isTrue();
      links.far.probe(Duration.ofSeconds(2), ofNear::complete);
      assertThat(ofNear.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }
}
