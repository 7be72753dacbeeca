package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.net.Threads;
import culvert.protocol.ProtocolException;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ping and Close frames of a client other than Culvert, with both behaviors. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class WebSocketControlTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int BINARY = 0x82;
  private static final int CLOSE = 0x88;
  private static final int PING = 0x89;
  private static final int PONG = 0x8a;

  private record Pair(RawWebSocket raw, Connection server) implements AutoCloseable {

    static Pair open(WebSocketBehavior behavior, Loopback carriers) throws Exception {
      var raw = RawWebSocket.sendRequest(carriers.near());
      Connection server = WebSocketPair.server(behavior).wrap(carriers.far());
      return new Pair(raw.awaitSwitch(), server);
    }

    @Override
    public void close() {
      raw.close();
      server.close();
    }
  }

  private static FutureTask<Integer> reading(Connection connection) {
    var task = new FutureTask<>(() -> connection.input().read());
    Threads.start("reader", task);
    return task;
  }

  @Test
  void pingIsAnsweredWithoutAnyWrite() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open())) {
      var read = reading(pair.server());
      for (int i = 0; i < 10; i++) {
        pair.raw().send(PING, (byte) 'a', (byte) i);
        assertThat(pair.raw().next().hex()).isEqualTo("8a 61%02x".formatted(i));
      }
      pair.raw().send(PONG, (byte) 'x');
      pair.raw().send(BINARY, (byte) 7);
      assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(7);
    }
  }

  /**
   * The client does not read the Pongs: pending output must not grow and the reader must not block.
   */
  @Test
  void manyPingsAreReadAndTheLastIsAnsweredWhenPongsAreNotRead() throws Exception {
    int pings = 1000;
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open(8192))) {
      var read = reading(pair.server());
      // Several pings per write keep the test short.
      ByteBuffer flood = ByteBuffer.allocate(200 * 131);
      for (int i = 1; i <= pings; i++) {
        byte[] payload = ByteBuffer.allocate(125).putInt(i).array();
        flood.put(RawWebSocket.frame(PING, payload));
        if (!flood.hasRemaining()) {
          pair.raw().carrier().output().write(flood.flip());
          flood.clear();
        }
      }
      pair.raw().send(BINARY, (byte) 7);
      assertThat(read.get(20, TimeUnit.SECONDS)).as("data after the pings").isEqualTo(7);
      int pongs = 0;
      for (int last = 0; last < pings; pongs++) {
        byte[] pong = pair.raw().next().payload();
        assertThat(pong).hasSize(125);
        int number = ByteBuffer.wrap(pong).getInt();
        assertThat(number).isGreaterThan(last);
        last = number;
      }
      assertThat(pongs).isLessThanOrEqualTo(pings);
    }
  }

  /** Pings without data are limited, because each may require a Pong. */
  @Test
  void floodOfPingsEndsTheConnection() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open())) {
      ByteBuffer flood = ByteBuffer.allocate(1025 * 6);
      while (flood.hasRemaining()) {
        flood.put(RawWebSocket.frame(PING, new byte[0]));
      }
      pair.raw().carrier().output().write(flood.flip());
      assertThatThrownBy(() -> pair.server().input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("the peer sent 1024 records without payload");
    }
  }

  @Test
  void pongIsSentWithTheNextWrite() throws Exception {
    var encoder = new WebSocketEncoder(false, false);
    encoder.onPing(new byte[] {1});
    encoder.onPing(new byte[] {2});
    ByteBuffer records = ByteBuffer.allocate(encoder.maxEncodedBytes(1));
    encoder.encodePending(records);
    encoder.encode(ByteBuffer.wrap(new byte[] {9}), records);
    assertThat(records.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {-118, 1, 2, -126, 1, 9}));
    assertThat(encoder.hasPending()).isFalse();
  }

  @Test
  void maximumEncodedSizeIncludesTheLongestPong() {
    for (int payload : new int[] {0, 1, 4096, 65536, 1 << 30}) {
      var encoder = new WebSocketEncoder(true, false);
      encoder.onPing(new byte[125]);
      ByteBuffer records = ByteBuffer.allocate(encoder.maxEncodedBytes(payload));
      ByteBuffer source = ByteBuffer.allocate(Math.min(payload, 65536));
      encoder.encodePending(records);
      encoder.encode(source, records);
      assertThat(source.hasRemaining()).as("%d bytes", payload).isFalse();
    }
  }

  /** RFC 6455, section 5.5.2: an endpoint that received a Close need not answer a Ping. */
  @Test
  void pingIsNotAnsweredAfterAClose() {
    var encoder = new WebSocketEncoder(false, false);
    encoder.onPing(new byte[1]);
    encoder.onClose();
    assertThat(encoder.hasPending()).isFalse();
    encoder.onPing(new byte[1]);
    encoder.encodeEnd(ByteBuffer.allocate(100));
    assertThat(encoder.hasPending()).as("after sending a Close").isFalse();
  }

  @Test
  void nativeCloseEndsOneDirection() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open())) {
      pair.server().output().write(1);
      pair.server().closeOutput();
      assertThat(pair.raw().next().hex()).isEqualTo("82 01");
      assertThat(pair.raw().next().hex()).isEqualTo("88 03e8");
      pair.raw().send(BINARY, (byte) 7);
      pair.raw().send(CLOSE);
      assertThat(pair.server().input().readAllBytes()).containsExactly(7);
    }
  }

  @Test
  void nativeCarrierOutputEndsAfterTheSecondClose() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open())) {
      pair.raw().send(CLOSE, (byte) 3, (byte) 0xe8);
      assertThat(pair.server().input().read()).isEqualTo(-1);
      pair.server().closeOutput();
      assertThat(pair.raw().next().hex()).isEqualTo("88 03e8");
      assertThatThrownBy(pair.raw()::next).isInstanceOf(EOFException.class);
    }
  }

  /** rathole would end the tunnel. */
  @Test
  void ratholeBehaviorSendsOnlyDataUntilBothDirectionsHaveEnded() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.RATHOLE, Loopback.open())) {
      pair.raw().send(PING, (byte) 'a');
      pair.raw().send(PONG);
      pair.raw().send(BINARY, (byte) 7);
      assertThat(pair.server().input().read()).isEqualTo(7);
      pair.server().output().write(1);
      pair.server().closeOutput();
      assertThat(pair.raw().next().hex()).isEqualTo("82 01");
      // Data that the client sends meanwhile still arrives, and the client receives nothing.
      pair.raw().send(PING, (byte) 'b');
      pair.raw().send(BINARY, (byte) 8);
      assertThat(pair.server().input().read()).isEqualTo(8);
      assertThat(pair.raw().carrier().input().available()).isZero();
      pair.raw().send(CLOSE);
      assertThat(pair.server().input().read()).isEqualTo(-1);
      // The Close was sent before the end was reported, so that closing now does not lose it.
      pair.server().close();
      assertThat(pair.raw().next().hex()).isEqualTo("88");
      assertThatThrownBy(pair.raw()::next).isInstanceOf(EOFException.class);
    }
  }

  /** rathole still receives data after it has sent a Close. */
  @Test
  void ratholeBehaviorKeepsTheOutputOpenAfterAReceivedClose() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.RATHOLE, Loopback.open())) {
      pair.raw().send(CLOSE);
      assertThat(pair.server().input().read()).isEqualTo(-1);
      pair.server().output().write(1);
      pair.server().output().write(2);
      pair.server().closeOutput();
      assertThat(pair.raw().next().hex()).isEqualTo("82 01");
      assertThat(pair.raw().next().hex()).isEqualTo("82 02");
      assertThat(pair.raw().next().hex()).isEqualTo("88");
      assertThatThrownBy(pair.raw()::next).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void ratholeBehaviorReportsACarrierThatEndsWithoutAClose() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.RATHOLE, Loopback.open())) {
      pair.server().closeOutput();
      pair.raw().carrier().closeOutput();
      assertThatThrownBy(() -> pair.server().input().read()).isInstanceOf(EOFException.class);
    }
  }

  /** Both directions end at the same moment, one in the reader and one in the writer. */
  @Test
  void ratholeBehaviorSendsOneCloseWhenBothDirectionsEndAtOnce() throws Exception {
    for (int i = 0; i < 200; i++) {
      try (var pair = Pair.open(WebSocketBehavior.RATHOLE, Loopback.open())) {
        var read = reading(pair.server());
        var closing =
            new FutureTask<Void>(() -> {
              pair.server().closeOutput();
              return null;
            });
        Threads.start("closing", closing);
        pair.raw().send(CLOSE);
        closing.get(10, TimeUnit.SECONDS);
        assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
        assertThat(pair.raw().next().hex()).as("round %d", i).isEqualTo("88");
        pair.server().close();
        assertThatThrownBy(pair.raw()::next).as("round %d", i).isInstanceOf(EOFException.class);
      }
    }
  }

  /** A violation ends the input; the output is not affected. */
  @Test
  void nothingIsReadAfterAViolation() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open())) {
      pair.raw().send(BINARY, (byte) 1);
      assertThat(pair.server().input().read()).isEqualTo(1);
      pair.raw().send(0x81, (byte) 2);
      pair.raw().send(BINARY, (byte) 3);
      assertThatThrownBy(() -> pair.server().input().read())
          .isInstanceOf(IOException.class)
          .hasMessage("a WebSocket text frame; only binary frames are accepted");
      assertThatThrownBy(() -> pair.server().input().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void closeEndsAWriterThatBlocksAPong() throws Exception {
    try (var pair = Pair.open(WebSocketBehavior.NATIVE, Loopback.open(8192))) {
      var read = reading(pair.server());
      var writer =
          new FutureTask<Void>(() -> {
            while (true) {
              pair.server().output().write(new byte[64 * 1024]);
            }
          });
      Thread writing = Threads.start("writer", writer);
      Eventually.within(
          LIMIT, () -> assertThat(writing.getState()).isEqualTo(Thread.State.WAITING));
      pair.raw().send(PING, (byte) 1);
      pair.raw().send(BINARY, (byte) 7);
      assertThat(read.get(10, TimeUnit.SECONDS)).as("the reader continues").isEqualTo(7);
      pair.server().close();
      assertThatThrownBy(() -> writer.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
  }
}
