package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of every message, written out by hand from the layouts that {@link Message} draws. */
class MessageGoldenTest {

  private static final byte[] INSTANCE = hex("000102030405060708090a0b0c0d0e0f");
  private static final String NONCE = "202122232425262728292a2b2c2d2e2f 303132333435363738393a3b";
  private static final String PROOF =
      "202122232425262728292a2b2c2d2e2f 303132333435363738393a3b3c3d3e3f";
  private static final String SESSION = "0000000000000000";
  private static final String STREAM = "0102030405060708";
  private static final InetSocketAddress V4 = address("192.0.2.1", 0xcafe);
  private static final InetSocketAddress OTHER_V4 = address("198.51.100.7", 443);
  private static final InetSocketAddress NO_ADDRESS = address("0.0.0.0", 0);
  private static final InetSocketAddress V6 = address("2001:db8::1", 65535);

  /** One message and its whole frame. */
  record Golden(Message message, byte[] frame) {
    @Override
    public String toString() {
      return message.getClass().getSimpleName();
    }
  }

  static Stream<Golden> messages() {
    return Stream.of(
        golden(
            new Message.Hello(1, 2, 256, 65536, INSTANCE, hex(NONCE), 7, "laptop", "tls"),
            "01 000045" + SESSION,
            "01 02 00000100 00010000 000102030405060708090a0b0c0d0e0f"
                + NONCE
                + "00000007 06 6c6170746f70 03 746c73"),
        golden(
            new Message.Challenge(1, true, 1, 0x7fffffff, INSTANCE, hex(NONCE), 1, "plain"),
            "02 000040" + SESSION,
            "01 01 00000001 7fffffff 000102030405060708090a0b0c0d0e0f"
                + NONCE
                + "00000001 05 706c61696e"),
        golden(
            new Message.Challenge(7, false, 2, 3, INSTANCE, hex(NONCE), -1, "x"),
            "02 00003c" + SESSION,
            "07 00 00000002 00000003 000102030405060708090a0b0c0d0e0f" + NONCE + "ffffffff 01 78"),
        golden(
            new Message.Noise(1, 2, "Noise_X", hex("aabbcc")),
            "05 00000f" + SESSION,
            "01 02 07 4e6f6973655f58 0003 aabbcc"),
        golden(new Message.Client("vienna"), "06 000006" + SESSION, "7669656e6e61"),
        golden(new Message.Proof(hex(PROOF)), "03 000020" + SESSION, PROOF),
        golden(new Message.Proof(new byte[0]), "03 000000" + SESSION),
        golden(new Message.Bye(ByeReason.STOPPING, "bye"), "04 000005" + SESSION, "0005", "627965"),
        golden(new Message.Offer("web"), "10 000003" + SESSION, "776562"),
        golden(new Message.Withdraw("web"), "11 000003" + SESSION, "776562"),
        golden(
            new Message.Offered("web", List.of("a:1", "[::]:2"), ""),
            "12 000010" + SESSION,
            "03 776562 02 03 613a31 06 5b3a3a5d3a32"),
        golden(
            new Message.Offered("web", List.of(), "nö"),
            "12 000008" + SESSION,
            "03 776562 00 6ec3b6"),
        golden(new Message.Register(true), "13 000001" + SESSION, "01"),
        golden(
            new Message.Declined(DeclinedReason.IN_USE, "web", "nö"),
            "14 000009" + SESSION,
            "0002 03 776562 6ec3b6"),
        golden(
            new Message.Shared("web", 300, List.of("a", "b.c")),
            "15 00000d" + SESSION,
            "03 776562 012c 02 01 61 03 622e63"),
        golden(
            new Message.Declined(DeclinedReason.NOT_PERMITTED, "web", ""),
            "14 000006" + SESSION,
            "0003 03 776562"),
        golden(new Message.Revoked("web", "nö"), "16 000007" + SESSION, "03 776562 6ec3b6"),
        golden(new Message.Health(false, "web"), "17 000004" + SESSION, "00 776562"),
        golden(new Message.Health(true, "web"), "17 000004" + SESSION, "01 776562"),
        golden(
            new Message.Open("web", V4, OTHER_V4),
            "20 000012" + STREAM,
            "03 776562 04 c0000201 cafe 04 c6336407 01bb"),
        golden(
            new Message.Open("web", V6, V6),
            "20 00002a" + STREAM,
            "03 776562 06 20010db8000000000000000000000001 ffff",
            "06 20010db8000000000000000000000001 ffff"),
        golden(
            new Message.Open("", V6, V4),
            "20 00001b" + STREAM,
            "00 06 20010db8000000000000000000000001 ffff 04 c0000201 cafe"),
        golden(
            new Message.Open("web", NO_ADDRESS, NO_ADDRESS),
            "20 000012" + STREAM,
            "03 776562 04 00000000 0000 04 00000000 0000"),
        golden(
            new Message.OpenFlow("dns", V4, OTHER_V4),
            "23 000012" + STREAM,
            "03 646e73 04 c0000201 cafe 04 c6336407 01bb"),
        golden(new Message.Accepted(), "21 000000" + STREAM),
        golden(
            new Message.Refused(StreamRefusedReason.TIMED_OUT, "late"),
            "22 000006" + STREAM,
            "0003 6c617465"),
        golden(new Message.Window(0x40000), "31 000004" + STREAM, "00040000"),
        golden(new Message.HalfClose(), "32 000000" + STREAM),
        golden(new Message.Reset(StreamResetReason.NOT_DRAINED), "33 000002" + STREAM, "0003"),
        golden(new Message.Ping(0x0123456789abcdefL), "40 000008" + SESSION, "0123456789abcdef"),
        golden(new Message.Pong(-2), "41 000008" + SESSION, "fffffffffffffffe"),
        golden(new Message.Drain(), "42 000000" + SESSION));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void writtenBytesMatchLayout(Golden golden) {
    long stream = ByteBuffer.wrap(golden.frame).getLong(4);
    assertThat(bytes(stream, golden.message)).asHexString().isEqualTo(upper(golden.frame));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void readBytesMatchLayout(Golden golden) throws ProtocolException {
    assertThat(read(golden.frame))
        .usingRecursiveComparison()
        .withStrictTypeChecking()
        .isEqualTo(golden.message);
  }

  @Test
  void everyMessageTypeHasGoldenBytes() {
    var here = messages().<Class<?>>map(golden -> golden.message.getClass()).distinct();
    assertThat(here).containsExactlyInAnyOrder(Message.class.getPermittedSubclasses());
  }

  @Test
  void reasonsHaveDocumentedCodes() {
    assertThat(Arrays.stream(ByeReason.values()).map(ByeReason::code))
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(ByeReason.values()[3]).isEqualTo(ByeReason.CREDENTIALS);
    assertThat(Arrays.stream(DeclinedReason.values()).map(DeclinedReason::code))
        .containsExactly(1, 2, 3);
    assertThat(Arrays.stream(StreamRefusedReason.values()).map(StreamRefusedReason::code))
        .containsExactly(1, 2, 3, 4, 5);
    assertThat(Arrays.stream(StreamResetReason.values()).map(StreamResetReason::code))
        .containsExactly(1, 2, 3, 4);
  }

  /** A later version may have more reasons; what they replace must still be understood. */
  @Test
  void unknownReasonIsReadAsGeneralOne() {
    IntStream.of(0, 9, 0x100, 0xffff)
        .forEach(code -> {
          assertThat(ByeReason.of(code)).isEqualTo(ByeReason.ERROR);
          assertThat(DeclinedReason.of(code)).isEqualTo(DeclinedReason.SETTINGS);
          assertThat(StreamRefusedReason.of(code)).isEqualTo(StreamRefusedReason.UNREACHABLE);
          assertThat(StreamResetReason.of(code)).isEqualTo(StreamResetReason.BROKEN);
        });
  }

  @Test
  void writeStartsAtBufferPosition() {
    var buffer = ByteBuffer.allocate(64).put((byte) 9);
    Message.write(buffer, 0, new Message.Drain());
    Message.write(buffer, 5, new Message.Accepted());
    assertThat(Arrays.copyOf(buffer.array(), buffer.position()))
        .isEqualTo(hex("09 42000000 0000000000000000 21000000 0000000000000005"));
  }

  static byte[] bytes(long stream, Message message) {
    var buffer = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(buffer, stream, message);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  static Message read(byte[] frame) throws ProtocolException {
    var buffer = ByteBuffer.wrap(frame);
    Frame header = Frame.read(buffer);
    return Message.read(header, buffer);
  }

  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  private static String upper(byte[] bytes) {
    return HexFormat.of().withUpperCase().formatHex(bytes);
  }

  private static Golden golden(Message message, String... hex) {
    return new Golden(message, hex(String.join("", hex)));
  }

  private static InetSocketAddress address(String host, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
