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

/** Frames that break the rules of RFC 6455, sections 5 and 7, each with its sentence. */
class WebSocketRulesTest {

  private final WebSocketEncoder sealer = new WebSocketEncoder(true, false);

  /** Of a client, whose peer masks nothing. */
  private final WebSocketDecoder opener = new WebSocketDecoder(false, sealer);

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "c2 00 => a WebSocket frame with reserved bits set, though no extension was agreed on",
        "a2 00 => a WebSocket frame with reserved bits set, though no extension was agreed on",
        "92 00 => a WebSocket frame with reserved bits set, though no extension was agreed on",
        "81 00 => a WebSocket text frame; only binary frames are taken",
        "01 00 => a WebSocket text frame; only binary frames are taken",
        "83 00 => a WebSocket frame with the unknown opcode 3",
        "87 00 => a WebSocket frame with the unknown opcode 7",
        "8b 00 => a WebSocket frame with the unknown opcode 11",
        "8f 00 => a WebSocket frame with the unknown opcode 15",
        "82 80 => a masked WebSocket frame",
        "80 00 => a WebSocket message that goes on without having begun",
        "82 00 80 00 => a WebSocket message that goes on without having begun",
        "02 00 82 00 => a WebSocket message that begins within another",
        "02 00 00 00 02 00 => a WebSocket message that begins within another",
        "09 00 => a WebSocket control frame in fragments",
        "08 00 => a WebSocket control frame in fragments",
        "89 7e => a WebSocket control frame of more than 125 bytes",
        "8a 7f => a WebSocket control frame of more than 125 bytes",
        "82 7e 0000 => a WebSocket frame whose length is not written in the shortest form",
        "82 7e 007d => a WebSocket frame whose length is not written in the shortest form",
        "82 7f 0000000000000000 => a WebSocket frame whose length is not written in the shortest"
            + " form",
        "82 7f 000000000000ffff => a WebSocket frame whose length is not written in the shortest"
            + " form",
        "82 7f 8000000000000000 => a WebSocket frame with a negative length",
        "82 7f ffffffffffffffff => a WebSocket frame with a negative length",
        "82 7f 0000000001000001 => a WebSocket frame of 16777217 bytes; the most is 16777216",
        "88 01 03 => a WebSocket Close with half a code",
        "88 02 0000 => a WebSocket Close with the code 0, which is none",
        "88 02 03e7 => a WebSocket Close with the code 999, which is none",
        "88 02 03ec => a WebSocket Close with the code 1004, which is none",
        "88 02 03ed => a WebSocket Close with the code 1005, which is none",
        "88 02 03ee => a WebSocket Close with the code 1006, which is none",
        "88 02 03f7 => a WebSocket Close with the code 1015, which is none",
        "88 02 0bb7 => a WebSocket Close with the code 2999, which is none",
        "88 02 1388 => a WebSocket Close with the code 5000, which is none",
      })
  void isRefused(String frames, String sentence) {
    assertThatThrownBy(() -> open(opener, frames))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(sentence);
    assertThat(sealer.hasPending()).isFalse();
  }

  @Test
  void aServerTakesNoFrameWithoutAMask() {
    assertThatThrownBy(() -> open(new WebSocketDecoder(true, sealer), "82 00"))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a WebSocket frame of a client's without a mask");
  }

  /** The peer may send nothing more, so that waiting for more would be for ever. */
  @ParameterizedTest
  @ValueSource(strings = {"81 7e", "c2 7f", "8b 7e", "82 fe", "82 ff", "09 05"})
  void whatIsWrongInTheFirstTwoBytesIsToldBeforeTheRestHasCome(String frames) {
    assertThatThrownBy(() -> open(opener, frames)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void nothingOfARefusedFrameIsTaken() {
    ByteBuffer target = ByteBuffer.allocate(100);
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex("820261628103414243"));
    assertThatThrownBy(
            () -> {
              while (true) {
                opener.decode(records, target);
              }
            })
        .isInstanceOf(ProtocolException.class);
    assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {'a', 'b'}));
  }

  @Test
  void aFrameMayHave16Mebibytes() throws Exception {
    byte[] came = open(opener, "82 7f 0000000001000000 6162");
    assertThat(came).containsExactly('a', 'b');
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "88 02 03e9 => the peer gave the WebSocket up with the code 1001",
        "88 02 03f6 => the peer gave the WebSocket up with the code 1014",
        "88 02 0bb8 => the peer gave the WebSocket up with the code 3000",
        "88 02 1387 => the peer gave the WebSocket up with the code 4999",
        "88 06 03f3 6f6f7073 => the peer gave the WebSocket up with the code 1011, saying 'oops'",
        "88 06 03f3 1b5b0aff => the peer gave the WebSocket up with the code 1011, saying '?[??'",
      })
  void aCloseForAnotherReasonThanBeingDoneIsNoCleanEnd(String frames, String sentence) {
    assertThatThrownBy(() -> open(opener, frames))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ProtocolException.class)
        .hasMessage(sentence);
  }

  @Test
  void aLongReasonIsShownInPart() {
    String frame = "88 7d 03f3" + "78".repeat(123);
    assertThatThrownBy(() -> open(opener, frame))
        .hasMessageEndingWith(", saying '" + "x".repeat(80) + "...'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"88 00", "88 02 03e8", "88 06 03e8 6f6f7073"})
  void aCloseWithoutAReasonOrWithTheUsualOneIsACleanEnd(String frames) throws Exception {
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex(frames.replace(" ", "")));
    assertThat(opener.decode(records, ByteBuffer.allocate(1)))
        .isEqualTo(RecordDecoder.Result.ENDED);
  }

  @Test
  void anEndOfTheCarrierIsNone() {
    for (boolean within : new boolean[] {true, false}) {
      assertThatThrownBy(() -> opener.onCarrierEnd(within))
          .isInstanceOf(EOFException.class)
          .hasMessage("the connection ended without a WebSocket Close: what came may be cut short");
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
  void whereMessagesBeginAndEndMeansNothing(String frames) throws Exception {
    assertThat(open(opener, frames)).containsExactly('a', 'b');
  }

  /** Opens all there is. */
  private static byte[] open(WebSocketDecoder opener, String frames) throws IOException {
    ByteBuffer records = ByteBuffer.wrap(HexFormat.of().parseHex(frames.replace(" ", "")));
    ByteBuffer target = ByteBuffer.allocate(200);
    for (var step = RecordDecoder.Result.DECODED; step == RecordDecoder.Result.DECODED; ) {
      step = opener.decode(records, target);
    }
    byte[] came = new byte[target.flip().remaining()];
    target.get(came);
    return came;
  }
}
