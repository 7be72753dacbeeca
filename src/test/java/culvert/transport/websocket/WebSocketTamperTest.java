package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.protocol.ProtocolException;
import culvert.testing.MemoryPipe;
import culvert.testing.Seed;
import culvert.transport.Carrier;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Truncated, modified and random frames yield bytes or an error and nothing else. */
@Timeout(120)
class WebSocketTamperTest {

  private static final byte[] PAYLOAD = "fourteen bytes".getBytes();

  /** One frame of each kind that a client may send. */
  private static byte[] recorded() {
    var all = new ByteArrayOutputStream();
    all.writeBytes(RawWebSocket.frame(0x82, Arrays.copyOf(PAYLOAD, 4)));
    all.writeBytes(RawWebSocket.frame(0x89, (byte) 1, (byte) 2));
    all.writeBytes(RawWebSocket.frame(0x02, Arrays.copyOfRange(PAYLOAD, 4, 10)));
    all.writeBytes(RawWebSocket.frame(0x8a));
    all.writeBytes(RawWebSocket.frame(0x00));
    all.writeBytes(RawWebSocket.frame(0x80, Arrays.copyOfRange(PAYLOAD, 10, 14)));
    all.writeBytes(RawWebSocket.frame(0x82, new byte[200]));
    all.writeBytes(RawWebSocket.frame(0x88, (byte) 3, (byte) 0xe8));
    return all.toByteArray();
  }

  private static byte[] expected() {
    return Arrays.copyOf(PAYLOAD, PAYLOAD.length + 200);
  }

  /** The bytes read before the end or the error, and the error. */
  private record Outcome(byte[] bytes, IOException failure) {}

  /** Reads these frames in a server from a carrier that ends after them. */
  private static Outcome read(byte[] frames, int maxPerRead) throws IOException {
    return read(frames, new MemoryPipe(1 << 16, maxPerRead), pipe -> pipe.far());
  }

  private interface FarEnd {
    Connection of(MemoryPipe pipe);
  }

  private static Outcome read(byte[] frames, MemoryPipe pipe, FarEnd end) throws IOException {
    pipe.near().output().write(RawWebSocket.REQUEST.getBytes());
    pipe.near().output().write(frames);
    pipe.near().closeOutput();
    var received = new ByteArrayOutputStream();
    try (Connection server = WebSocketPair.server(WebSocketBehavior.NATIVE).wrap(end.of(pipe))) {
      server.input().transferTo(received);
      return new Outcome(received.toByteArray(), null);
    } catch (IOException e) {
      return new Outcome(received.toByteArray(), e);
    }
  }

  @Test
  void recordingIsDecoded() throws Exception {
    for (int maxPerRead : new int[] {1, 2, 3, 7, 4096}) {
      Outcome outcome = read(recorded(), maxPerRead);
      assertThat(outcome.failure()).isNull();
      assertThat(outcome.bytes()).isEqualTo(expected());
    }
  }

  @Test
  void truncatedRecordingIsNoCleanEnd() throws Exception {
    byte[] frames = recorded();
    for (int length = 0; length < frames.length; length++) {
      for (int maxPerRead : new int[] {1, 4096}) {
        Outcome outcome = read(Arrays.copyOf(frames, length), maxPerRead);
        assertThat(outcome.failure()).as("%d bytes", length).isInstanceOf(EOFException.class);
        assertThat(outcome.bytes()).isEqualTo(Arrays.copyOf(expected(), outcome.bytes().length));
      }
    }
  }

  /** A WebSocket has no integrity protection; modified payload is delivered. */
  @Test
  void anyFlippedBitYieldsBytesOrAnError() throws Exception {
    byte[] frames = recorded();
    int errors = 0;
    for (int bit = 0; bit < 8 * frames.length; bit++) {
      byte[] flipped = frames.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Outcome outcome = read(flipped, 4096);
      if (outcome.failure() != null) {
        errors++;
        assertThat(outcome.failure()).as("bit %d", bit).hasMessageMatching("[ -~]+");
      }
      assertThat(outcome.bytes().length).isLessThanOrEqualTo(frames.length);
    }
    // Nearly all bits of the headers, which have 22 bytes.
    assertThat(errors).isGreaterThan(120);
  }

  @Test
  void randomBytesYieldBytesOrAnError() throws Exception {
    var random = Seed.random("WebSocketTamperTest.chance");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(40)];
      random.nextBytes(bytes);
      bytes[0] &= (byte) 0x8f;
      Outcome outcome = read(bytes, 1 + random.nextInt(50));
      assertThat(outcome.bytes().length).isLessThanOrEqualTo(bytes.length);
      if (outcome.failure() != null) {
        assertThat(outcome.failure().getMessage()).matches("[ -~]+");
      }
    }
  }

  /** Messages, fragments and control frames of random size, in reads of random size. */
  @Test
  void anyFragmentationDeliversTheSameBytes() throws Exception {
    var random = Seed.random("WebSocketTamperTest.fragments");
    for (int i = 0; i < 300; i++) {
      byte[] sent = new byte[random.nextInt(1 << random.nextInt(15))];
      random.nextBytes(sent);
      byte[] frames = fragments(sent, random);
      var pipe = new MemoryPipe(1 << 18, 1 << 18);
      Outcome outcome = read(frames, pipe, it -> unsteady(it.far(), random));
      assertThat(outcome.failure()).isNull();
      assertThat(outcome.bytes()).isEqualTo(sent);
    }
  }

  private static byte[] fragments(byte[] sent, Random random) {
    var all = new ByteArrayOutputStream();
    boolean within = false;
    for (int at = 0; at < sent.length || within; ) {
      switch (random.nextInt(4)) {
        case 0 -> all.writeBytes(RawWebSocket.frame(0x89, new byte[random.nextInt(126)]));
        case 1 -> all.writeBytes(RawWebSocket.frame(0x8a, new byte[random.nextInt(126)]));
        default -> {
          int n = random.nextInt(Math.min(sent.length - at, 1 << random.nextInt(15)) + 1);
          boolean last = random.nextBoolean() || at + n == sent.length;
          int first = (last ? 0x80 : 0) | (within ? 0 : 2);
          all.writeBytes(RawWebSocket.frame(first, Arrays.copyOfRange(sent, at, at + n)));
          within = !last;
          at += n;
        }
      }
    }
    all.writeBytes(RawWebSocket.frame(0x88));
    return all.toByteArray();
  }

  private static Connection unsteady(Connection real, Random random) {
    return new Carrier(real) {
      @Override
      public int maxPerRead() {
        return 1 + random.nextInt(1 << random.nextInt(17));
      }
    };
  }

  /** The server buffers only received bytes, regardless of the length in the header. */
  @Test
  void longFrameIsDeliveredAsItArrives() throws Exception {
    var pipe = new MemoryPipe(1 << 16, 1 << 16);
    pipe.near().output().write(RawWebSocket.REQUEST.getBytes());
    Connection server = WebSocketPair.server(WebSocketBehavior.NATIVE).wrap(pipe.far());
    byte[] frame = RawWebSocket.frame(0x82, PAYLOAD);
    byte[] header = RawWebSocket.header(0x82, 16 << 20);
    pipe.near().output().write(header);
    for (byte masked : Arrays.copyOfRange(frame, 6, frame.length)) {
      pipe.near().output().write(new byte[] {masked});
      ByteBuffer one = ByteBuffer.allocate(10);
      assertThat(server.input().read(one)).isEqualTo(1);
      assertThat(one.get(0)).isIn((Object[]) boxed(PAYLOAD));
    }
    server.close();
  }

  private static Byte[] boxed(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    Arrays.setAll(boxed, i -> bytes[i]);
    return boxed;
  }

  @Test
  void frameBeyond16MebibytesIsRejectedByItsHeader() throws Exception {
    Outcome outcome = read(RawWebSocket.header(0x82, (16 << 20) + 1), 4096);
    assertThat(outcome.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a WebSocket frame of 16777217 bytes (maximum: 16777216)");
  }

  @Test
  void plainStreamIsRejected() {
    assertThatThrownBy(
            () -> {
              throw read("CULVERT\n and more".getBytes(), 4096).failure();
            })
        .isInstanceOf(ProtocolException.class);
  }
}
