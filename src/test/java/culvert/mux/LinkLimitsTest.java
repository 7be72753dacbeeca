package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.mux.ScriptedPeer.Setup;
import culvert.net.BufferPool;
import culvert.net.SocketConnection;
import culvert.net.Threads;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Of two bounds, one of each side, the smaller holds; and windows grow no further than they may.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkLimitsTest {

  private static final Message.Open OPEN = LinkPair.openMessage();

  private static void carries(ScriptedPeer peer, int most) throws IOException {
    for (int i = 0; i < most; i++) {
      peer.link.open(OPEN);
    }
    String words = "the session has " + most + " streams, its maximum";
    assertThatThrownBy(() -> peer.link.open(OPEN)).hasMessage(words);
    assertThat(peer.link.openStreams()).isEqualTo(most);
  }

  @Test
  void sessionCarriesAsManyStreamsAsPeerGrants() throws Exception {
    var modest = Setup.USUAL.granted(100, ScriptedPeer.STREAMS - 3);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, modest)) {
      carries(peer, ScriptedPeer.STREAMS - 3);
    }
  }

  @Test
  void sessionCarriesNoMoreStreamsThanThisSideAllows() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.granted(100, 100))) {
      carries(peer, ScriptedPeer.STREAMS);
    }
  }

  @Test
  void idleStreamsOfOneServiceLeaveStreamsForAnother() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.granted(100, 100))) {
      Message.Open web = LinkPair.openMessage("web");
      Message.Open ssh = LinkPair.openMessage("ssh");
      peer.link.addService("web");
      peer.link.addService("ssh");
      for (int i = 0; i < ScriptedPeer.STREAMS / 4 * 3; i++) {
        peer.link.open(web);
      }
      assertThatThrownBy(() -> peer.link.open(web))
          .hasMessageContaining("reserved for services other than 'web'");
      peer.link.open(ssh);
      MuxStream last = peer.link.open(ssh);
      assertThatThrownBy(() -> peer.link.open(ssh)).hasMessageContaining("its maximum");
      last.reset();
      peer.link.removeService("ssh");
      peer.link.open(web);
      assertThat(peer.link.openStreams()).isEqualTo(ScriptedPeer.STREAMS);
    }
  }

  @Test
  void endedStreamAllowsAnotherOne() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.granted(100, 1))) {
      for (int i = 0; i < 3; i++) {
        MuxStream stream = peer.link.open(OPEN);
        assertThatThrownBy(() -> peer.link.open(OPEN)).isInstanceOf(IOException.class);
        stream.reset();
      }
    }
  }

  /** The open beyond the bound is heard only behind the answer that makes room for it. */
  private static void opensAtATime(int most, Setup setup) throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      for (int i = 0; i < most; i++) {
        Message.Open open = LinkPair.openMessage("service" + i);
        peer.link.open(open).output().write(1);
        assertThat(peer.hear().message()).isEqualTo(open);
        assertThat(peer.hear().data()).hasSize(1);
      }
      MuxStream next = peer.link.open(OPEN);
      Thread opener = Threads.start("opener", () -> next.awaitAnswer(LinkPair.LIMIT));
      peer.say(0, new Message.Ping(5));
      while (!(peer.hear().message() instanceof Message.Pong)) {
        throw new AssertionError("an open too many");
      }
      peer.say(1, new Message.Accepted());
      var heard = peer.hear();
      assertThat(heard.message()).isEqualTo(OPEN);
      assertThat(heard.stream()).isEqualTo(most + 1);
      peer.say(most + 1, new Message.Accepted());
      opener.join();
    }
  }

  @Test
  void unansweredOpensReachPeersGrant() throws Exception {
    opensAtATime(2, Setup.USUAL.granted(2, 100));
  }

  @Test
  void unansweredOpensNeverExceedOwnLimit() throws Exception {
    opensAtATime(ScriptedPeer.OPENS, Setup.USUAL.granted(100, 100));
  }

  @Test
  void serviceThatIsNotAnsweredLeavesOpensForOthers() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.granted(4, 100))) {
      for (int i = 0; i < 3; i++) {
        MuxStream dead = peer.link.open(LinkPair.openMessage("dead"));
        assertThat(dead.opensAtOnce()).isTrue();
        dead.output().write(1);
        assertThat(peer.hear().stream()).isEqualTo(i + 1);
        assertThat(peer.hear().data()).hasSize(1);
      }
      assertThat(peer.link.open(LinkPair.openMessage("dead")).opensAtOnce()).isFalse();
      MuxStream other = peer.link.open(LinkPair.openMessage("other"));
      assertThat(other.opensAtOnce()).isTrue();
      other.output().write(1);
      assertThat(peer.hear().message()).isEqualTo(LinkPair.openMessage("other"));
    }
  }

  @Test
  void streamThatEndsBeforeItsOpenIsSentReturnsItsCredit() throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.OPENS, Setup.USUAL.granted(1, 100))) {
      MuxStream unsent = peer.link.open(OPEN);
      MuxStream ended = peer.link.open(OPEN);
      MuxStream next = peer.link.open(OPEN);
      assertThat(unsent.opensAtOnce()).isTrue();
      assertThat(next.opensAtOnce()).isFalse();
      ended.reset();
      unsent.reset();
      Thread opener = Threads.start("opener", () -> next.awaitAnswer(LinkPair.LIMIT));
      assertThat(peer.hear().message()).isEqualTo(OPEN);
      peer.say(1, new Message.Accepted());
      opener.join();
    }
  }

  /** The peer reads nothing, and the sockets hold less than the streams send. */
  @Test
  void blockedLinkHoldsNoEmptyBatch() throws Exception {
    var small = Setup.USUAL.granted(100, 100).socketBytes(8 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, small)) {
      var senders = new ArrayList<Thread>();
      for (int i = 0; i < 3; i++) {
        senders.add(sending(peer, i, MuxStream.FIRST_WINDOW));
      }
      Eventually.within(
          LinkPair.LIMIT,
          () -> {
            assertThat(peer.link.writer().sample(0, 0).writing()).isTrue();
            assertThat(peer.budget.held())
                .isBetween(LinkReader.IDLE_BYTES + 1L, BufferPool.BUFFER_BYTES - 1L);
          });
      Thread last = sending(peer, 3, 1);
      Eventually.within(
          LinkPair.LIMIT,
          () -> assertThat(last.getState()).isIn(Thread.State.WAITING, Thread.State.TERMINATED));
      assertThat(peer.budget.held()).isLessThan(BufferPool.BUFFER_BYTES);
      peer.hangUp();
      for (Thread sender : senders) {
        sender.join();
      }
      last.join();
    }
  }

  private static Thread sending(ScriptedPeer peer, int number, int bytes) throws IOException {
    MuxStream stream = peer.link.open(LinkPair.openMessage("service" + number));
    return Threads.start("sending", () -> sendQuietly(stream, bytes));
  }

  static void sendQuietly(MuxStream stream, int bytes) {
    try {
      stream.output().write(new byte[bytes]);
    } catch (IOException e) {
      // The peer has closed the connection.
    }
  }

  /** The peer reads until all copy loops use large buffers, and then nothing more. */
  @Test
  void sendersOfABlockedLinkHoldNoDirectBuffers() throws Exception {
    var setup =
        Setup.USUAL.budget(64 << 20).granted(100, 100).socketBytes(8 * 1024).heartbeat(200, 20_000);
    var sources = new ArrayList<Loopback>();
    var threads = new ArrayList<Thread>();
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      var streams = new ArrayList<MuxStream>();
      for (int i = 0; i < ScriptedPeer.OPENS; i++) {
        streams.add(openedWithWindow(peer, i + 1, 1 << 30));
      }
      for (MuxStream stream : streams) {
        Loopback source = Loopback.open(0, peer.pool);
        sources.add(source);
        threads.add(Threads.start("feeder", () -> feed(source.near())));
        threads.add(Threads.start("loop", () -> copyQuietly(source.far(), stream)));
      }
      while (streams.stream().anyMatch(stream -> stream.sent() < 3 * BufferPool.BUFFER_BYTES)) {
        peer.hearAndPong();
      }
      Eventually.within(
          LinkPair.LIMIT,
          () -> {
            assertThat(threads).allMatch(thread -> thread.getState() == Thread.State.WAITING);
            // That of the link, whose write the kernel may have taken nothing of.
            assertThat(peer.pool.borrowed()).isLessThanOrEqualTo(1);
          });
      peer.hangUp();
    } finally {
      sources.forEach(source -> source.near().reset());
      sources.forEach(source -> source.far().reset());
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  /** Its bytes are in a batch, which the link's thread goes on writing. */
  @Test
  void senderWhoseBytesAreInABatchDoesNotWaitForTheBlockedLink() throws Exception {
    var small = Setup.USUAL.granted(100, 100).socketBytes(8 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, small)) {
      MuxStream stream = openedWithWindow(peer, 1, 1 << 20);
      int bytes = 100_000;
      stream.output().write(new byte[bytes]);
      assertThat(peer.link.writer().sample(0, 0).writing()).isTrue();
      for (int received = 0; received < bytes; ) {
        received += peer.hearAndPong().data().length;
      }
    }
  }

  private static MuxStream openedWithWindow(ScriptedPeer peer, int id, int bytes) throws Exception {
    MuxStream stream = peer.link.open(LinkPair.openMessage("service" + id));
    stream.output().write(1);
    assertThat(peer.hear().message()).isInstanceOf(Message.Open.class);
    assertThat(peer.hear().data()).hasSize(1);
    peer.say(id, new Message.Accepted());
    peer.say(id, new Message.Window(bytes));
    Eventually.within(
        LinkPair.LIMIT, () -> assertThat(stream.output().room()).isGreaterThan(bytes));
    return stream;
  }

  private static void feed(SocketConnection source) {
    try {
      for (; ; ) {
        source.output().write(new byte[BufferPool.BUFFER_BYTES]);
      }
    } catch (IOException e) {
      // Reset by the test.
    }
  }

  private static void copyQuietly(SocketConnection source, MuxStream stream) {
    try {
      source.input().transferTo(stream.output());
    } catch (IOException e) {
      // The peer has closed the connection.
    }
  }

  /** The stream may have to hold all bytes that the peer may have under way. */
  @Test
  void windowGrowsUpToMaximum() throws Exception {
    // No power of two, so that the last step is not a doubling.
    int most = 3 * MuxStream.FIRST_WINDOW - 1000;
    assertThat(greatestWindow(most)).isEqualTo(most);
  }

  @Test
  void windowAtMaximumDoesNotGrow() throws Exception {
    assertThat(greatestWindow(MuxStream.FIRST_WINDOW)).isEqualTo(MuxStream.FIRST_WINDOW);
  }

  /** Everything granted is used at once, and everything that came is read at once. */
  private static long greatestWindow(int most) throws Exception {
    try (var peer = new ScriptedPeer(Link.Side.TAKES, Setup.USUAL.maxWindow(most))) {
      peer.say(1, OPEN);
      MuxStream stream = peer.opened.take();
      stream.accept();
      assertThat(peer.hear().message()).isInstanceOf(Message.Accepted.class);
      long credit = MuxStream.FIRST_WINDOW;
      long greatest = credit;
      for (int round = 0; round < 50; round++) {
        // A quarter of any window there can be, and each is granted anew when it has been read.
        int bytes = most / 4 + 1;
        peer.sayData(1, bytes);
        assertThat(stream.input().readNBytes(bytes)).hasSize(bytes);
        credit -= bytes;
        credit += ((Message.Window) peer.hear().message()).bytes();
        greatest = Math.max(greatest, credit);
      }
      stream.reset();
      return greatest;
    }
  }
}
