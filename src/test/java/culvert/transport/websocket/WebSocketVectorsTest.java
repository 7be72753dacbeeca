package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Examples of RFC 6455, sections 1.3 and 5.7, with text frames changed to binary. */
class WebSocketVectorsTest {

  private static final byte[] HELLO = "Hello".getBytes(StandardCharsets.US_ASCII);

  @Test
  void sampleKeyYieldsTheSampleAcceptValue() {
    assertThat(WebSocketKey.isValid("dGhlIHNhbXBsZSBub25jZQ==")).isTrue();
    assertThat(WebSocketKey.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @Test
  void keyIsSixteenBytesInBase64() {
    assertThat(WebSocketKey.isValid(WebSocketKey.generate())).isTrue();
    assertThat(WebSocketKey.generate()).isNotEqualTo(WebSocketKey.generate());
    for (String invalid :
        new String[] {
          "",
          "x",
          "dGhlIHNhbXBsZSBub25jZQ=",
          "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZTE=",
          "dGhlIHNhbXBsZSBub25jZTEy",
          "dGhlIHNhbXBs ZSBub25jZQ=",
          "dGhlIHNhbXBsZSBub25j=Q=="
        }) {
      assertThat(WebSocketKey.isValid(invalid)).as(invalid).isFalse();
    }
  }

  @Test
  void singleFrameIsEncodedAndDecoded() throws Exception {
    //     FIN binary, 5 bytes, "Hello"
    assertDecodes(false, "82 05 48656c6c6f", HELLO);
    assertThat(encode(false, HELLO)).isEqualTo("820548656c6c6f");
  }

  @Test
  void singleMaskedFrameIsEncodedAndDecoded() throws Exception {
    //    FIN binary, masked 5 bytes, masking key, masked "Hello"
    assertDecodes(true, "82 85 37fa213d 7f9f4d5158", HELLO);
    byte[] frame = HexFormat.of().parseHex(encode(true, HELLO));
    assertThat(frame).hasSize(11).startsWith(0x82, 0x85);
    byte[] unmasked = new byte[5];
    for (int i = 0; i < 5; i++) {
      unmasked[i] = (byte) (frame[6 + i] ^ frame[2 + i % 4]);
    }
    assertThat(unmasked).isEqualTo(HELLO);
  }

  @Test
  void fragmentedMessageIsDecoded() throws Exception {
    //     binary, "Hel"; FIN continuation, "lo"
    assertDecodes(false, "02 03 48656c  80 02 6c6f", HELLO);
  }

  @Test
  void pingIsAnsweredWithItsPayload() throws Exception {
    var encoder = new WebSocketEncoder(false, false);
    decode(new WebSocketDecoder(false, encoder), hex("89 05 48656c6c6f"), 100);
    assertThat(encoder.hasPending()).isTrue();
    ByteBuffer records = ByteBuffer.allocate(encoder.maxEncodedBytes(0));
    encoder.encodePending(records);
    //   FIN pong, 5 bytes, the ping's "Hello"
    assertThat(hex(records.flip())).isEqualTo("8a0548656c6c6f");
    assertThat(encoder.hasPending()).isFalse();
  }

  @Test
  void maskedPongIsIgnored() throws Exception {
    assertDecodes(true, "8a 85 37fa213d 7f9f4d5158", new byte[0]);
  }

  @Test
  void lengthsOf256BytesAnd64KibibytesAreEncodedAndDecoded() throws Exception {
    byte[] bytes = new byte[65536];
    new Random(1).nextBytes(bytes);
    byte[] shorter = Arrays.copyOf(bytes, 256);
    assertDecodes(false, "82 7e 0100" + HexFormat.of().formatHex(shorter), shorter);
    assertDecodes(false, "82 7f 0000000000010000" + HexFormat.of().formatHex(bytes), bytes);
    assertThat(encode(false, shorter)).startsWith("827e0100");
    assertThat(encode(false, bytes)).startsWith("827f0000000000010000");
    assertThat(encode(true, bytes)).startsWith("82ff0000000000010000");
  }

  @Test
  void eachLengthUsesTheShortestEncoding() throws Exception {
    assertThat(encode(false, new byte[125])).startsWith("827d").hasSize(2 * (2 + 125));
    assertThat(encode(false, new byte[126])).startsWith("827e007e").hasSize(2 * (4 + 126));
    assertThat(encode(false, new byte[65535])).startsWith("827effff").hasSize(2 * (4 + 65535));
    for (int length : new int[] {125, 126, 65535, 65536}) {
      assertDecodes(true, encode(true, new byte[length]), new byte[length]);
    }
  }

  @Test
  void closeHasStatusNormalClosure() throws Exception {
    ByteBuffer records = ByteBuffer.allocate(100);
    new WebSocketEncoder(false, false).encodeEnd(records);
    //   FIN close, 2 bytes, 1000
    assertThat(hex(records.flip())).isEqualTo("880203e8");
    var decoder = new WebSocketDecoder(false, new WebSocketEncoder(true, false));
    assertThat(decoder.decode(hex("88 02 03e8"), ByteBuffer.allocate(9)))
        .isEqualTo(RecordDecoder.Result.ENDED);
  }

  @Test
  void everyFrameHasItsOwnMaskingKey() {
    var mask = new WebSocketMask();
    var seen = new HashSet<Integer>();
    for (int i = 0; i < 1000; i++) {
      seen.add(mask.nextKey());
    }
    // Of 1000 random keys two are equal in one of ten thousand runs, three practically never.
    assertThat(seen).hasSizeGreaterThan(997);
  }

  /** Masking does not depend on the byte order or the offset of a buffer. */
  @Test
  void maskingIsTheSameInEveryKindOfBuffer() {
    byte[] bytes = new byte[100];
    new Random(2).nextBytes(bytes);
    byte[] expected = bytes.clone();
    byte[] mask = {1, 2, 3, 4};
    for (int i = 0; i < bytes.length; i++) {
      expected[i] ^= mask[i % 4];
    }
    for (ByteBuffer to :
        new ByteBuffer[] {
          ByteBuffer.allocate(103),
          ByteBuffer.allocateDirect(103),
          ByteBuffer.allocate(103).order(ByteOrder.LITTLE_ENDIAN),
          ByteBuffer.allocateDirect(103).order(ByteOrder.LITTLE_ENDIAN),
          ByteBuffer.allocate(110).position(7).slice()
        }) {
      for (int length = 0; length <= bytes.length; length++) {
        ByteBuffer from = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        to.clear().position(3);
        WebSocketMask.transfer(from, to, length, 0x01020304);
        assertThat(from.position()).isEqualTo(length);
        byte[] result = new byte[length];
        to.flip().position(3).get(result);
        assertThat(result).isEqualTo(Arrays.copyOf(expected, length));
      }
    }
  }

  @Test
  void textFrameIsRejected() {
    assertThatThrownBy(() -> assertDecodes(false, "81 05 48656c6c6f", HELLO))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a WebSocket text frame; only binary frames are accepted");
  }

  private static void assertDecodes(boolean masked, String frames, byte[] expected)
      throws Exception {
    for (int targetBytes : new int[] {1, 3, 100_000}) {
      var decoder = new WebSocketDecoder(masked, new WebSocketEncoder(!masked, false));
      assertThat(decode(decoder, hex(frames), targetBytes)).isEqualTo(expected);
    }
  }

  /** Decodes all records into targets of this size. */
  private static byte[] decode(WebSocketDecoder decoder, ByteBuffer records, int targetBytes)
      throws Exception {
    var decoded = new ByteArrayOutputStream();
    for (var step = RecordDecoder.Result.DECODED; step != RecordDecoder.Result.INCOMPLETE; ) {
      ByteBuffer target = ByteBuffer.allocate(targetBytes);
      step = decoder.decode(records, target);
      decoded.write(target.array(), 0, target.position());
    }
    assertThat(records.hasRemaining()).isFalse();
    return decoded.toByteArray();
  }

  private static String encode(boolean masks, byte[] payload) {
    var encoder = new WebSocketEncoder(masks, false);
    ByteBuffer records = ByteBuffer.allocate(encoder.maxEncodedBytes(payload.length));
    ByteBuffer source = ByteBuffer.wrap(payload);
    encoder.encode(source, records);
    assertThat(source.hasRemaining()).isFalse();
    return hex(records.flip());
  }

  private static ByteBuffer hex(String text) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(text.replace(" ", "")));
  }

  private static String hex(ByteBuffer bytes) {
    return HexFormat.of().formatHex(bytes.array(), bytes.position(), bytes.limit());
  }
}
