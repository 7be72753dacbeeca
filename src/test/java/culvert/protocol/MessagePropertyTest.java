package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Properties of all messages, and of random bytes that are read as one. */
class MessagePropertyTest {

  private static final int ROUNDS = 100;
  private static final int KINDS = RandomMessages.KINDS;

  private final Random random = Seed.random("MessagePropertyTest");
  private final RandomMessages messages = new RandomMessages(random);

  @Test
  void writtenMessageReadsEqual() throws Exception {
    for (int i = 0; i < ROUNDS * KINDS; i++) {
      Message message = messages.message(i % KINDS);
      assertThat(MessageGoldenTest.read(frame(message)))
          .usingRecursiveComparison()
          .withStrictTypeChecking()
          .isEqualTo(message);
    }
  }

  @Test
  void truncatedPayloadIsRejectedOrShorterText() throws Exception {
    for (int i = 0; i < KINDS * 5; i++) {
      Message whole = messages.message(i % KINDS);
      byte[] frame = frame(whole);
      for (int length = 0; length < frame.length - Frame.HEADER_BYTES; length++) {
        try {
          Message shorter = MessageGoldenTest.read(shortened(frame, length));
          assertThat(openEnd(whole)).as("%s cut to %d", whole, length).startsWith(openEnd(shorter));
          assertThat(openEnd(shorter)).isNotEqualTo(openEnd(whole));
        } catch (ProtocolException e) {
          assertThat(e).hasMessageContaining(verb(frame).toString());
        }
      }
    }
  }

  @Test
  void extendedPayloadIsRejectedOrLongerText() throws Exception {
    for (int i = 0; i < KINDS; i++) {
      Message whole = messages.message(i);
      byte[] frame = frame(whole);
      int length = frame.length - Frame.HEADER_BYTES + 1;
      try {
        Message longer = MessageGoldenTest.read(shortened(frame, length));
        assertThat(openEnd(longer)).startsWith(openEnd(whole));
      } catch (ProtocolException e) {
        assertThat(e).hasMessageContaining(verb(frame).toString());
      }
    }
  }

  @Test
  void randomBytesThrowOnlyProtocolException() {
    int understood = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = frame(messages.message(random.nextInt(KINDS)));
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      // The length is kept right: a leg hands over exactly the bytes that the header names.
      bytes = shortened(bytes, bytes.length - Frame.HEADER_BYTES);
      understood += understands(bytes) ? 1 : 0;
    }
    assertThat(understood).isBetween(1, 99_999);
  }

  @Test
  void randomPayloadThrowsOnlyProtocolException() {
    for (FrameType verb : FrameType.values()) {
      for (int i = 0; isMessage(verb) && i < 2_000; i++) {
        byte[] payload =
            new byte[verb.minLength() + random.nextInt(verb.maxLength() - verb.minLength() + 1)];
        random.nextBytes(payload);
        var frame = ByteBuffer.allocate(Frame.HEADER_BYTES + payload.length);
        Frame.write(frame, verb, payload.length, verb.scope() == FrameType.Scope.STREAM ? 1 : 0);
        understands(frame.put(payload).array());
      }
    }
  }

  @Test
  void randomHeaderThrowsOnlyProtocolException() throws Exception {
    byte[] header = new byte[Frame.HEADER_BYTES];
    for (int i = 0; i < 100_000; i++) {
      random.nextBytes(header);
      header[0] = (byte) random.nextInt(0x60);
      if (random.nextBoolean()) {
        header[1] = 0;
        header[2] = 0;
        header[4] = 0;
      }
      try {
        Frame frame = Frame.read(ByteBuffer.wrap(header));
        assertThat(frame.length()).isBetween(frame.type().minLength(), frame.type().maxLength());
      } catch (ProtocolException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void longTextIsTruncatedToValidText() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      String text = messages.text(2000);
      var cut = (Message.Bye) MessageGoldenTest.read(frame(new Message.Bye(ByeReason.ERROR, text)));
      int bytes = cut.text().getBytes(StandardCharsets.UTF_8).length;
      assertThat(bytes).isLessThanOrEqualTo(500);
      if (bytes < 490) {
        assertThat(cut.text()).isEqualTo(text);
      }
    }
  }

  private static boolean isMessage(FrameType type) {
    return type != FrameType.DATA && type != FrameType.DATAGRAM;
  }

  private static boolean understands(byte[] frame) {
    try {
      Frame header = Frame.read(ByteBuffer.wrap(frame));
      if (isMessage(header.type())) {
        MessageGoldenTest.read(frame);
      }
      return true;
    } catch (ProtocolException e) {
      return false;
    }
  }

  /** The field that goes to the end of the frame; a message without one must not be cut. */
  private static String openEnd(Message message) {
    return switch (message) {
      case Message.Bye m -> m.text();
      case Message.Refused m -> m.text();
      case Message.Offer m -> m.service();
      case Message.Withdraw m -> m.service();
      case Message.Offered m -> m.refusal();
      case Message.Declined m -> m.text();
      case Message.Client m -> m.name();
      case Message.Revoked m -> m.text();
      case Message.Health m -> m.service();
      case Message.Proof m -> new String(m.mac(), StandardCharsets.ISO_8859_1);
      default -> throw new AssertionError("read although cut: " + message);
    };
  }

  private static FrameType verb(byte[] frame) throws ProtocolException {
    return FrameType.of(frame[0] & 0xff);
  }

  /** Returns a frame with a payload of the given length and a matching header. */
  private static byte[] shortened(byte[] frame, int length) {
    byte[] shorter = Arrays.copyOf(frame, Frame.HEADER_BYTES + length);
    ByteBuffer.wrap(shorter).putInt((frame[0] & 0xff) << 24 | length);
    return shorter;
  }

  private byte[] frame(Message message) {
    boolean ofStream =
        switch (message) {
          case Message.Open m -> true;
          case Message.OpenFlow m -> true;
          case Message.Accepted m -> true;
          case Message.Refused m -> true;
          case Message.Window m -> true;
          case Message.HalfClose m -> true;
          case Message.Reset m -> true;
          default -> false;
        };
    return MessageGoldenTest.bytes(ofStream ? 1 + random.nextInt(99) : 0, message);
  }
}
