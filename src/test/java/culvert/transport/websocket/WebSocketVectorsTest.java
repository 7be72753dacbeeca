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

/** Bytes of RFC 6455, sections 1.3 and 5.7, their text frames made binary. */
class WebSocketVectorsTest {

  private static final byte[] HELLO = "Hello".getBytes(StandardCharsets.US_ASCII);

  @Test
  void theSampleKeyHasTheSampleAnswer() {
    assertThat(WebSocketKey.isValid("dGhlIHNhbXBsZSBub25jZQ==")).isTrue();
    assertThat(WebSocketKey.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @Test
  void aKeyIsSixteenBytesInBase64() {
    assertThat(WebSocketKey.isValid(WebSocketKey.generate())).isTrue();
    assertThat(WebSocketKey.generate()).isNotEqualTo(WebSocketKey.generate());
    for (String none :
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
      assertThat(WebSocketKey.isValid(none)).as(none).isFalse();
    }
  }

  @Test
  void aSingleFrame() throws Exception {
    //     FIN binary, 5 bytes, "Hello"
    opens(false, "82 05 48656c6c6f", HELLO);
    assertThat(sealed(false, HELLO)).isEqualTo("820548656c6c6f");
  }

  @Test
  void aSingleMaskedFrame() throws Exception {
    //    FIN binary, masked 5 bytes, mask, masked "Hello"
    opens(true, "82 85 37fa213d 7f9f4d5158", HELLO);
    byte[] frame = HexFormat.of().parseHex(sealed(true, HELLO));
    assertThat(frame).hasSize(11).startsWith(0x82, 0x85);
    byte[] unmasked = new byte[5];
    for (int i = 0; i < 5; i++) {
      unmasked[i] = (byte) (frame[6 + i] ^ frame[2 + i % 4]);
    }
    assertThat(unmasked).isEqualTo(HELLO);
  }

  @Test
  void aMessageInFragments() throws Exception {
    //     binary, "Hel"; FIN continuation, "lo"
    opens(false, "02 03 48656c  80 02 6c6f", HELLO);
  }

  @Test
  void aPingAndItsAnswer() throws Exception {
    var sealer = new WebSocketEncoder(false, false);
    open(new WebSocketDecoder(false, sealer), hex("89 05 48656c6c6f"), 100);
    assertThat(sealer.hasPending()).isTrue();
    ByteBuffer records = ByteBuffer.allocate(sealer.maxEncodedBytes(0));
    sealer.encodePending(records);
    //   FIN pong, 5 bytes, the ping's "Hello"
    assertThat(hex(records.flip())).isEqualTo("8a0548656c6c6f");
    assertThat(sealer.hasPending()).isFalse();
  }

  @Test
  void aMaskedPong() throws Exception {
    opens(true, "8a 85 37fa213d 7f9f4d5158", new byte[0]);
  }

  @Test
  void lengthsOf256BytesAnd64Kibibytes() throws Exception {
    byte[] bytes = new byte[65536];
    new Random(1).nextBytes(bytes);
    byte[] shorter = Arrays.copyOf(bytes, 256);
    opens(false, "82 7e 0100" + HexFormat.of().formatHex(shorter), shorter);
    opens(false, "82 7f 0000000000010000" + HexFormat.of().formatHex(bytes), bytes);
    assertThat(sealed(false, shorter)).startsWith("827e0100");
    assertThat(sealed(false, bytes)).startsWith("827f0000000000010000");
    assertThat(sealed(true, bytes)).startsWith("82ff0000000000010000");
  }

  @Test
  void eachFormOfALengthBeginsWhereTheShorterOneEnds() throws Exception {
    assertThat(sealed(false, new byte[125])).startsWith("827d").hasSize(2 * (2 + 125));
    assertThat(sealed(false, new byte[126])).startsWith("827e007e").hasSize(2 * (4 + 126));
    assertThat(sealed(false, new byte[65535])).startsWith("827effff").hasSize(2 * (4 + 65535));
    for (int length : new int[] {125, 126, 65535, 65536}) {
      opens(true, sealed(true, new byte[length]), new byte[length]);
    }
  }

  @Test
  void aCloseSaysThatAllIsDone() throws Exception {
    ByteBuffer records = ByteBuffer.allocate(100);
    new WebSocketEncoder(false, false).encodeEnd(records);
    //   FIN close, 2 bytes, 1000
    assertThat(hex(records.flip())).isEqualTo("880203e8");
    var opener = new WebSocketDecoder(false, new WebSocketEncoder(true, false));
    assertThat(opener.decode(hex("88 02 03e8"), ByteBuffer.allocate(9)))
        .isEqualTo(RecordDecoder.Result.ENDED);
  }

  @Test
  void everyFrameHasAMaskOfItsOwn() {
    var mask = new WebSocketMask();
    var seen = new HashSet<Integer>();
    for (int i = 0; i < 1000; i++) {
      seen.add(mask.nextKey());
    }
    // Of 1000 random masks two are alike once in ten thousand times, three practically never.
    assertThat(seen).hasSizeGreaterThan(997);
  }

  /** Whatever the order the owner of a buffer has given it, and wherever its bytes begin. */
  @Test
  void aMaskIsTheSameInBuffersOfEveryKind() {
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
        byte[] came = new byte[length];
        to.flip().position(3).get(came);
        assertThat(came).isEqualTo(Arrays.copyOf(expected, length));
      }
    }
  }

  @Test
  void textIsNotTaken() {
    assertThatThrownBy(() -> opens(false, "81 05 48656c6c6f", HELLO))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a WebSocket text frame; only binary frames are taken");
  }

  private static void opens(boolean masked, String frames, byte[] expected) throws Exception {
    for (int room : new int[] {1, 3, 100_000}) {
      var opener = new WebSocketDecoder(masked, new WebSocketEncoder(!masked, false));
      assertThat(open(opener, hex(frames), room)).isEqualTo(expected);
    }
  }

  /** Opens all there is with so much room at a time. */
  private static byte[] open(WebSocketDecoder opener, ByteBuffer records, int room)
      throws Exception {
    var came = new ByteArrayOutputStream();
    for (var step = RecordDecoder.Result.DECODED; step != RecordDecoder.Result.INCOMPLETE; ) {
      ByteBuffer target = ByteBuffer.allocate(room);
      step = opener.decode(records, target);
      came.write(target.array(), 0, target.position());
    }
    assertThat(records.hasRemaining()).isFalse();
    return came.toByteArray();
  }

  private static String sealed(boolean masks, byte[] payload) {
    var sealer = new WebSocketEncoder(masks, false);
    ByteBuffer records = ByteBuffer.allocate(sealer.maxEncodedBytes(payload.length));
    ByteBuffer source = ByteBuffer.wrap(payload);
    sealer.encode(source, records);
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
