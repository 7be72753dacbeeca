package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.RandomBytes;
import culvert.transport.Carrier;
import culvert.transport.RecordConnection;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A WebSocket fulfils the contract of a connection. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class WebSocketTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long BULK_BYTES = 64L << 20;

  /** With either behavior, two instances of Culvert identify each other. */
  @ParameterizedTest
  @EnumSource(WebSocketBehavior.class)
  void halfCloseEndsOneDirectionOnly(WebSocketBehavior behavior) throws Exception {
    for (boolean nearFirst : new boolean[] {true, false}) {
      var carriers = Loopback.open();
      try (var pair = WebSocketPair.open(behavior, carriers.near(), carriers.far())) {
        Connection first = nearFirst ? pair.near() : pair.far();
        Connection second = nearFirst ? pair.far() : pair.near();
        first.output().write(new byte[] {1, 2, 3});
        first.closeOutput();
        first.closeOutput();
        assertThat(second.input().readAllBytes()).containsExactly(1, 2, 3);
        second.output().write(new byte[100_000]);
        second.output().write(new byte[] {4, 5});
        second.closeOutput();
        assertThat(first.input().readAllBytes()).hasSize(100_002).endsWith(4, 5);
        assertThat(first.input().read()).isEqualTo(-1);
        assertThat(first.closeCause()).isEmpty();
        assertThat(second.closeCause()).isEmpty();
        assertThatThrownBy(() -> first.output().write(1)).hasMessage("the output is closed");
        assertThat(carriers.near().received()).isEqualTo(carriers.far().sent());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resetIsAResetForThePeer(boolean near) throws Exception {
    try (var pair = WebSocketPair.open()) {
      (near ? pair.near() : pair.far()).reset();
      Connection other = near ? pair.far() : pair.near();
      assertThatThrownBy(() -> other.input().read()).isInstanceOf(IOException.class);
      assertThat(other.closeCause()).contains(CloseCause.RESET);
    }
  }

  @Test
  void carrierThatEndsWithoutACloseIsNoCleanEnd() throws Exception {
    try (var pair = WebSocketPair.open()) {
      pair.near().output().write(new byte[] {1});
      pair.carrier().closeOutput();
      assertThat(pair.far().input().read()).isEqualTo(1);
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("without a WebSocket Close frame");
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
      assertThatThrownBy(() -> pair.far().input().read())
          .as("second read")
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void bulkArrivesInBothDirectionsAtOnce() throws Exception {
    try (var pair = WebSocketPair.open()) {
      var up = WebSocketPair.sending(pair.near(), 1, BULK_BYTES);
      var down = WebSocketPair.sending(pair.far(), 2, BULK_BYTES);
      var received = receiving(pair.far());
      assertThat(RandomBytes.receive(pair.near().input()))
          .isEqualTo(down.get(60, TimeUnit.SECONDS));
      assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(up.get(60, TimeUnit.SECONDS));
      assertThat(WebSocketPair.POOL.borrowed()).isZero();
    }
  }

  /** Copies as the relay does, into another WebSocket. */
  @Test
  void bulkArrivesThroughACopyLoop() throws Exception {
    try (var first = WebSocketPair.open();
        var second = WebSocketPair.open()) {
      var sent = WebSocketPair.sending(first.near(), 3, BULK_BYTES);
      var copied =
          new FutureTask<>(() -> {
            long n = first.far().input().transferTo(second.near().output());
            second.near().closeOutput();
            return n;
          });
      Threads.start("copy", copied);
      assertThat(RandomBytes.receive(second.far().input()))
          .isEqualTo(sent.get(60, TimeUnit.SECONDS));
      assertThat(copied.get()).isEqualTo(BULK_BYTES);
      assertThat(WebSocketPair.POOL.borrowed()).isZero();
    }
  }

  private static FutureTask<Long> receiving(Connection connection) {
    var task = new FutureTask<>(() -> RandomBytes.receive(connection.input()));
    Threads.start("receiving", task);
    return task;
  }

  @Test
  void singleByteIsSentAtOnce() throws Exception {
    try (var pair = WebSocketPair.open()) {
      for (int i = 0; i < 1000; i++) {
        pair.near().output().write(i);
        assertThat(pair.far().input().read()).isEqualTo(i & 0xff);
        pair.far().output().write(i + 1);
        assertThat(pair.near().input().read()).isEqualTo(i + 1 & 0xff);
      }
    }
  }

  /** Each write to the carrier may become a packet. */
  @Test
  void writeOfUpTo64KibibytesIsOneFrameAndOneWriteToTheCarrier() throws Exception {
    for (int length : new int[] {1, 125, 126, 4096, 65535, 65536}) {
      var carrier = new WriteCount(new MemoryPipe(1 << 18, 1 << 18).near());
      var encoder = new WebSocketEncoder(true, false);
      var connection =
          new RecordConnection(
              carrier,
              encoder,
              new WebSocketDecoder(false, encoder),
              ByteBuffer.allocate(0),
              WebSocketPair.POOL,
              2048);
      connection.output().write(new byte[length]);
      assertThat(carrier.writes).as("%d bytes", length).isEqualTo(1);
      int header = length < 126 ? 2 : length < 65536 ? 4 : 10;
      assertThat(carrier.sent()).isEqualTo(header + 4 + length);
    }
  }

  private static final class WriteCount extends Carrier {
    private int writes;

    WriteCount(Connection real) {
      super(real);
    }

    @Override
    public void beforeWrite() {
      writes++;
    }
  }

  @Test
  void emptyWriteSendsNothing() throws Exception {
    try (var pair = WebSocketPair.open()) {
      long before = pair.carrier().sent();
      pair.near().output().write(new byte[0]);
      assertThat(pair.carrier().sent()).isEqualTo(before);
    }
  }

  @Test
  void twoHundredConnectionsExchangeDataAtOnce() throws Exception {
    var pairs = new ArrayList<WebSocketPair>();
    try {
      for (int i = 0; i < 200; i++) {
        pairs.add(WebSocketPair.open());
      }
      for (int i = 0; i < 200; i++) {
        pairs.get(i).near().output().write(ByteBuffer.allocate(4).putInt(i).flip());
      }
      for (int i = 0; i < 200; i++) {
        byte[] received = pairs.get(i).far().input().readNBytes(4);
        assertThat(ByteBuffer.wrap(received).getInt()).isEqualTo(i);
        pairs.get(i).far().closeOutput();
        assertThat(pairs.get(i).near().input().read()).isEqualTo(-1);
      }
    } finally {
      pairs.forEach(WebSocketPair::close);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closeEndsABlockedWriter(boolean near) throws Exception {
    try (var pair = WebSocketPair.open(Loopback.open(8192))) {
      Connection writing = near ? pair.near() : pair.far();
      var blocked =
          new FutureTask<Void>(() -> {
            while (true) {
              writing.output().write(new byte[64 * 1024]);
            }
          });
      Thread writer = Threads.start("writer", blocked);
      Eventually.within(LIMIT, () -> assertThat(writer.getState()).isEqualTo(Thread.State.WAITING));
      writing.close();
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      assertThat(WebSocketPair.POOL.borrowed()).isZero();
    }
  }

  @Test
  void closeEndsABlockedReader() throws Exception {
    try (var pair = WebSocketPair.open()) {
      var blocked = new FutureTask<>(() -> pair.near().input().read());
      Thread reader = Threads.start("reader", blocked);
      Eventually.within(LIMIT, () -> assertThat(reader.getState()).isEqualTo(Thread.State.WAITING));
      pair.near().close();
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
  }

  /** Both handshakes wait for the peer; closing the carrier, as a deadline does, ends them. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closingTheCarrierEndsAHandshake(boolean client) throws Exception {
    try (var carriers = Loopback.open()) {
      var transport =
          client
              ? WebSocketPair.client(WebSocketBehavior.NATIVE)
              : WebSocketPair.server(WebSocketBehavior.NATIVE);
      var blocked = new FutureTask<>(() -> transport.wrap(carriers.near()));
      Thread handshake = Threads.start("handshake", blocked);
      Eventually.within(
          LIMIT, () -> assertThat(handshake.getState()).isEqualTo(Thread.State.WAITING));
      carriers.near().close();
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
    }
  }

  /** While a reader waits, it holds only a small heap buffer. */
  @Test
  void waitingReaderHoldsNoLargeBuffer() throws Exception {
    try (var pair = WebSocketPair.open()) {
      var received = receiving(pair.far());
      pair.near().output().write(new byte[1_000_000]);
      Eventually.within(
          LIMIT,
          () -> {
            assertThat(((RecordConnection) pair.far()).received()).isGreaterThan(1_000_000);
            pair.near().output().write(1);
            assertThat(WebSocketPair.POOL.borrowed()).isZero();
          });
      pair.near().closeOutput();
      received.get(10, TimeUnit.SECONDS);
    }
  }
}
