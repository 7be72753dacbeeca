package culvert.protocol;

import static culvert.protocol.HandshakeTest.SECRET;
import static culvert.protocol.HandshakeTest.remote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import culvert.testing.BareLogin;
import culvert.testing.Seed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Peers of other protocols are identified and answered in their protocol. */
class ForeignPeerTest {

  private static final String DIGEST = "00".repeat(31) + "ff";

  static Stream<Arguments> firstBytes() {
    return Stream.of(
        arguments(ForeignPeer.HTTP, text("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("POST /form HTTP/1.1\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("PUT /a HTTP/1.0\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("HEAD / HTTP/1.1\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("DELETE / HTTP/1.1\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("OPTIONS * HTTP/1.1\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("CONNECT example.com:443 HTTP/1.1\r\n\r\n")),
        arguments(ForeignPeer.HTTP, text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        arguments(ForeignPeer.TLS, MessageGoldenTest.hex("16 0301 00f8 01 0000f4 0303 0011")),
        arguments(ForeignPeer.TLS, MessageGoldenTest.hex("16 0303 0100 01 0000fc 0303 0011")),
        arguments(ForeignPeer.SSH, text("SSH-2.0-OpenSSH_9.6\r\n")),
        arguments(ForeignPeer.BORE, text("{\"Hello\":0}\0")),
        arguments(ForeignPeer.BORE, text("{\"Accept\":\"3f2b\"}\0")),
        arguments(ForeignPeer.RATHOLE, MessageGoldenTest.hex("00000000 01" + DIGEST)),
        arguments(ForeignPeer.RATHOLE, MessageGoldenTest.hex("01000000 01" + DIGEST)),
        arguments(ForeignPeer.RATHOLE, MessageGoldenTest.hex("00000000 00" + DIGEST)),
        arguments(ForeignPeer.PROXY, text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")),
        arguments(ForeignPeer.PROXY, text("PROXY UNKNOWN\r\n")),
        arguments(ForeignPeer.PROXY, MessageGoldenTest.hex("0d0a0d0a000d0a515549540a 20000000")),
        arguments(ForeignPeer.UNKNOWN, text("culvert\nhello")),
        arguments(ForeignPeer.UNKNOWN, text("CULVERT 2.0")),
        arguments(ForeignPeer.UNKNOWN, MessageGoldenTest.hex("00000000 02 000000")),
        arguments(ForeignPeer.UNKNOWN, MessageGoldenTest.hex("160403")),
        arguments(ForeignPeer.UNKNOWN, text("x")),
        arguments(ForeignPeer.HTTP, text("GET /")),
        arguments(ForeignPeer.SSH, text("SSH-")),
        arguments(ForeignPeer.UNKNOWN, text("CULVERT")));
  }

  @ParameterizedTest
  @MethodSource("firstBytes")
  void firstBytesIdentifyProtocol(ForeignPeer peer, byte[] sent) {
    var answered = new ByteArrayOutputStream();
    assertThatThrownBy(
            () -> BareLogin.accept(remote(SECRET), new ByteArrayInputStream(sent), answered))
        .isInstanceOf(ForeignPeerException.class)
        .hasMessageContaining(peer.description())
        .extracting(e -> ((ForeignPeerException) e).peer())
        .isEqualTo(peer);
    assertThat(answered.toByteArray()).as("in its protocol").isEqualTo(peer.answer());
  }

  @Test
  void connectionWithoutByteIsEndOfStream() {
    assertThatThrownBy(() ->
            BareLogin.accept(
                remote(SECRET), new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream()))
        .isInstanceOf(EOFException.class);
  }

  @Test
  void anyOtherBytesAreForeign() {
    var random = Seed.random("ForeignPeerTest");
    for (int i = 0; i < 10_000; i++) {
      byte[] sent = new byte[1 + random.nextInt(12)];
      random.nextBytes(sent);
      assertThatThrownBy(() ->
              BareLogin.accept(
                  remote(SECRET), new ByteArrayInputStream(sent), new ByteArrayOutputStream()))
          .isInstanceOf(ForeignPeerException.class);
    }
  }

  @Test
  void answerToHttpIsCompleteResponse() {
    String[] parts = answered(ForeignPeer.HTTP).split("\r\n\r\n", -1);
    assertThat(parts).hasSize(2);
    assertThat(parts[0].split("\r\n"))
        .startsWith("HTTP/1.1 400 Bad Request")
        .contains("Connection: close");
    assertThat(parts[1]).contains("does not serve HTTP").endsWith("\n");
  }

  @Test
  void answerToTlsIsFatalAlert() {
    // Alert record, version 3.1, two bytes: fatal, unexpected_message.
    assertThat(ForeignPeer.TLS.answer()).isEqualTo(MessageGoldenTest.hex("15 0301 0002 02 0a"));
  }

  @Test
  void answerToSshIsLineBeforeVersion() {
    assertThat(answered(ForeignPeer.SSH)).doesNotStartWith("SSH-").endsWith("serve SSH.\r\n");
  }

  @Test
  void answerToBoreIsErrorMessage() {
    assertThat(answered(ForeignPeer.BORE)).matches("\\{\"Error\":\"[^\"\\\\]+\"}\0");
  }

  @ParameterizedTest
  @EnumSource(ForeignPeer.class)
  void answerIsCopied(ForeignPeer peer) {
    byte[] answer = peer.answer();
    Arrays.fill(answer, (byte) 'x');
    assertThat(answer.length == 0 || peer.answer()[0] != 'x').isTrue();
  }

  private static String answered(ForeignPeer peer) {
    return new String(peer.answer(), StandardCharsets.US_ASCII);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
