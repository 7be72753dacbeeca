package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that violate RFC 6455, sections 5 and 7, each with its message. */
class WebSocketRulesTest {

  private final WebSocketEncoder encoder = new WebSocketEncoder(true, false);

  /** The decoder of a client, whose peer does not mask. */
  private final WebSocketDecoder decoder = new WebSocketDecoder(false, encoder);

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "c2 00 => a WebSocket frame with reserved bits set, although no extension was negotiated",
        "a2 00 => a WebSocket frame with reserved bits set, although no extension was negotiated",
        "92 00 => a WebSocket frame with reserved bits set, although no extension was negotiated",
        "81 00 => a WebSocket text frame; only binary frames are accepted",
        "01 00 => a WebSocket text frame; only binary frames are accepted",
        "83 00 => a WebSocket frame with unknown opcode 3",
        "87 00 => a WebSocket frame with unknown opcode 7",
        "8b 00 => a WebSocket frame with unknown opcode 11",
        "8f 00 => a WebSocket frame with unknown opcode 15",
        "82 80 => a masked WebSocket frame from a server",
        "80 00 => a WebSocket continuation frame outside a message",
        "82 00 80 00 => a WebSocket continuation frame outside a message",
        "02 00 82 00 => a WebSocket message that starts within another",
        "02 00 00 00 02 00 => a WebSocket message that starts within another",
        "09 00 => a fragmented WebSocket control frame",
        "08 00 => a fragmented WebSocket control frame",
        "89 7e => a WebSocket control frame of more than 125 bytes",
        "8a 7f => a WebSocket control frame of more than 125 bytes",
        "82 7e 0000 => a WebSocket frame whose length is not encoded in the fewest bytes",
        "82 7e 007d => a WebSocket frame whose length is not encoded in the fewest bytes",
        "82 7f 0000000000000000 => a WebSocket frame whose length is not encoded in the fewest"
            + " bytes",
        "82 7f 000000000000ffff => a WebSocket frame whose length is not encoded in the fewest"
            + " bytes",
        "82 7f 8000000000000000 => a WebSocket frame with a negative length",
        "82 7f ffffffffffffffff => a WebSocket frame with a negative length",
        "82 7f 0000000001000001 => a WebSocket frame of 16777217 bytes (maximum: 16777216)",
        "88 01 03 => a WebSocket Close frame with an incomplete status code",
        "88 02 0000 => a WebSocket Close frame with the invalid status code 0",
        "88 02 03e7 => a WebSocket Close frame with the invalid status code 999",
        "88 02 03ec => a WebSocket Close frame with the invalid status code 1004",
        "88 02 03ed => a WebSocket Close frame with the invalid status code 1005",
        "88 02 03ee => a WebSocket Close frame with the invalid status code 1006",
        "88 02 03f7 => a WebSocket Close frame with the invalid status code 1015",
        "88 02 0bb7 => a WebSocket Close frame with the invalid status code 2999",
        "88 02 1388 => a WebSocket Close frame with the invalid status code 5000",
      })
  void invalidFrameIsRejected(String frames, String message) {
    assertThatThrownBy(() -> decode(decoder, frames))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(message);
    assertThat(encoder.hasPending()).isFalse();
  }

  @Test
  void serverRejectsAnUnmaskedFrame() {
    assertThatThrownBy(() -> decode(new WebSocketDecoder(true, encoder), "82 00"))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("an unmasked WebSocket frame from a client");
  }

  /** The peer may send nothing more, so waiting for the rest could take forever. */
  @ParameterizedTest
  @ValueSource(strings = {"81 7e", "c2 7f", "8b 7e", "82 fe", "82 ff", "09 05"})
  void invalidFirstTwoBytesAreRejectedBeforeTheRestArrives(String frames) {
    assertThatThrownBy(() -> decode(decoder, frames)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void nothingOfARejectedFrameIsDelivered() {
    ByteBuffer target = ByteBuffer.allocate(100);
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex("820261628103414243"));
    assertThatThrownBy(
            () -> {
              while (true) {
                decoder.decode(records, target);
              }
            })
        .isInstanceOf(ProtocolException.class);
    assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {'a', 'b'}));
  }

  @Test
  void frameOf16MebibytesIsAccepted() throws Exception {
    byte[] decoded = decode(decoder, "82 7f 0000000001000000 6162");
    assertThat(decoded).containsExactly('a', 'b');
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "88 02 03e9 => the peer closed the WebSocket with status code 1001",
        "88 02 03f6 => the peer closed the WebSocket with status code 1014",
        "88 02 0bb8 => the peer closed the WebSocket with status code 3000",
        "88 02 1387 => the peer closed the WebSocket with status code 4999",
        "88 06 03f3 6f6f7073 => the peer closed the WebSocket with status code 1011 and reason"
            + " 'oops'",
        "88 06 03f3 1b5b0aff => the peer closed the WebSocket with status code 1011 and reason"
            + " '?[??'",
      })
  void closeWithAnAbnormalStatusIsNoCleanEnd(String frames, String message) {
    assertThatThrownBy(() -> decode(decoder, frames))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ProtocolException.class)
        .hasMessage(message);
  }

  @Test
  void longReasonIsTruncated() {
    String frame = "88 7d 03f3" + "78".repeat(123);
    assertThatThrownBy(() -> decode(decoder, frame))
        .hasMessageEndingWith(" and reason '" + "x".repeat(80) + "...'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"88 00", "88 02 03e8", "88 06 03e8 6f6f7073"})
  void closeWithoutStatusOrWithNormalClosureIsACleanEnd(String frames) throws Exception {
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex(frames.replace(" ", "")));
    assertThat(decoder.decode(records, ByteBuffer.allocate(1)))
        .isEqualTo(RecordDecoder.Result.ENDED);
  }

  @Test
  void endOfTheCarrierIsNoCleanEnd() {
    for (boolean within : new boolean[] {true, false}) {
      assertThatThrownBy(() -> decoder.onCarrierEnd(within))
          .isInstanceOf(EOFException.class)
          .hasMessage("the connection ended without a WebSocket Close frame: data may be missing");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "82 00 82 02 6162", // an empty message
        "02 00 00 00 80 02 6162", // empty fragments
        "02 01 61 80 01 62", // a message in two
        "02 01 61 89 00 8a 03 616161 80 01 62", // control frames within a message
        "82 01 61 82 01 62", // two messages
        "02 01 61 00 01 62" // a message that does not end
      })
  void messageBoundariesDoNotMatter(String frames) throws Exception {
    assertThat(decode(decoder, frames)).containsExactly('a', 'b');
  }

  /** Decodes all frames. */
  private static byte[] decode(WebSocketDecoder decoder, String frames) throws IOException {
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex(frames.replace(" ", "")));
    ByteBuffer target = ByteBuffer.allocate(200);
    for (var step = RecordDecoder.Result.DECODED; step == RecordDecoder.Result.DECODED; ) {
      step = decoder.decode(records, target);
    }
    byte[] decoded = new byte[target.flip().remaining()];
    target.get(decoded);
    return decoded;
  }
}
