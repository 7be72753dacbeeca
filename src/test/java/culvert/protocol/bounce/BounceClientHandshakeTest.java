package culvert.protocol.bounce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the client side of the bounce handshake, to the byte. */
class BounceClientHandshakeTest {

  private static final byte[] HI = ascii("hi");

  /** A server that sends a fixed greeting and answer, and records what the client writes. */
  private static final class ScriptedServer extends OutputStream {
    private final List<byte[]> writes = new ArrayList<>();
    private InputStream in;
    private final String answer;

    ScriptedServer(String greeting) {
      this(greeting, "");
    }

    /** A server that sends the answer after the client's first write. */
    ScriptedServer(String greeting, String answer) {
      this.in = stream(greeting);
      this.answer = answer;
    }

    private static InputStream stream(String text) {
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    ScriptedServer join(BounceGreeting greeting, byte[] authentication, int group)
        throws IOException {
      var received =
          new InputStream() {
            @Override
            public int read() throws IOException {
              return in.read();
            }

            @Override
            public int available() throws IOException {
              return in.available();
            }
          };
      BounceClientHandshake.join(received, this, greeting, authentication, group);
      return this;
    }

    ScriptedServer join(int group) throws IOException {
      return join(BounceGreeting.AS_IMPLEMENTED, HI, group);
    }

    @Override
    public void write(int b) {
      throw new AssertionError("single byte written");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
      in = answer.isEmpty() ? in : stream(answer);
    }

    /** Returns the bytes of the client's only write. */
    byte[] written() {
      assertThat(writes).hasSize(1);
      return writes.getFirst();
    }

    String rest() throws IOException {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The exchange as recorded from the original program. */
  @Test
  void programVariantMatchesRecordedExchange() throws Exception {
    String greeting =
        new String(
            HexFormat.of().parseHex("342d426f756e63655365727665725f312e300a" + "5245414459"),
            StandardCharsets.US_ASCII);
    var server = new ScriptedServer(greeting + "data").join(172);
    assertThat(server.written()).isEqualTo(HexFormat.of().parseHex("686930306163"));
    assertThat(server.rest()).isEqualTo("data");
  }

  @Test
  void textVariantEndsAfterBanner() throws Exception {
    var server =
        new ScriptedServer("4-BounceServer_1.0", "data")
            .join(BounceGreeting.AS_DOCUMENTED, ascii("hello"), 172);
    assertThat(server.written()).isEqualTo(ascii("hello00ac"));
    assertThat(server.rest()).isEqualTo("data");
  }

  @Test
  void clientSendsOnlyNumberWithoutAuthentication() throws Exception {
    assertThat(
            new ScriptedServer("2-BounceServer_1.0\nREADY")
                .join(BounceGreeting.AS_IMPLEMENTED, new byte[0], 7)
                .written())
        .isEqualTo(ascii("07"));
  }

  @Test
  void authenticationMayBeAnyBytesOfAnyLength() throws Exception {
    byte[] long64 = new byte[64 * 1024];
    Arrays.fill(long64, (byte) 0xff);
    byte[] written =
        new ScriptedServer("1-BounceServer_1.0\nREADY")
            .join(BounceGreeting.AS_IMPLEMENTED, long64, 15)
            .written();
    assertThat(written).hasSize(long64.length + 1).startsWith(long64).endsWith('f');
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0, 0",
    "1, 15, f",
    "2, 15, 0f",
    "4, 65535, ffff",
    "5, 65535, 0ffff",
    "8, 2147483647, 7fffffff",
    "10, 1, 0000000001"
  })
  void numberIsPaddedToServersDigits(int digits, int group, String number) throws Exception {
    assertThat(new ScriptedServer(digits + "-BounceServer_1.0\nREADY").join(group).written())
        .isEqualTo(ascii("hi" + number));
  }

  @ParameterizedTest
  @CsvSource({"1, 16, 10", "4, 65536, 10000", "7, 2147483647, 7fffffff"})
  void numberWithTooManyDigitsIsNotSent(int digits, int group, String number) {
    var server = new ScriptedServer(digits + "-BounceServer_1.0\nREADY");
    assertThatThrownBy(() -> server.join(group))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith("group " + number + " has more hex digits")
        .hasMessageContaining("allows (" + digits + ")");
    assertThat(server.writes).isEmpty();
  }

  @Test
  void refusalIsReportedWithAdvice() {
    assertThatThrownBy(() -> answered("Authentication failure").join(1))
        .isInstanceOfSatisfying(
            PeerRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(ByeReason.CREDENTIALS))
        .hasMessageContaining("refused the authentication string");
    assertThatThrownBy(() ->
            answered("Authentication failure").join(BounceGreeting.AS_IMPLEMENTED, new byte[0], 1))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("requires an authentication string, and none was given");
    assertThatThrownBy(() -> answered("Connection Group Full").join(172))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith("group ac is full");
    assertThatThrownBy(() -> answered("Failed to negotiate channel number").join(172))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "the bounce server refused group ac: it has fewer groups, or expects no");
    assertThatThrownBy(() ->
            answered("Failed to negotiate channel number")
                .join(BounceGreeting.AS_IMPLEMENTED, new byte[0], 172))
        .hasMessageContaining("it has fewer groups; choose a lower number");
  }

  private static ScriptedServer answered(String answer) {
    return new ScriptedServer("4-BounceServer_1.0\n" + answer);
  }

  @Test
  void endOfInputDuringHandshakeIsReported() {
    assertThatThrownBy(() -> answered("").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("closed the connection without a reason");
    assertThatThrownBy(() -> answered("REA").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("in the middle of 'REA'");
    assertThatThrownBy(() -> new ScriptedServer("").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("without sending data");
    assertThatThrownBy(() -> new ScriptedServer("4-Boun").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("in its first line");
  }

  /** READY and the line feed before it would be mistaken for the group's bytes. */
  @Test
  void serverOfOtherVariantIsRecognisedByFirstLine() {
    var program = new ScriptedServer("4-BounceServer_1.0\n", "READY");
    assertThatThrownBy(() -> program.join(BounceGreeting.AS_DOCUMENTED, HI, 1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("--protocol program");
    assertThat(program.writes).isEmpty();
    assertThatThrownBy(() -> new ScriptedServer("4-BounceServer_1.0").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("--protocol text");
  }

  @Test
  void endWithoutDataSuggestsTransportOption() {
    assertThatThrownBy(() -> new ScriptedServer("").join(1)).hasMessageContaining("--transport");
  }

  @ParameterizedTest
  @ValueSource(strings = {"READ!", "ready", "Auth ok", "x", "Connection Group Empty"})
  void unknownAnswerIsRejected(String answer) {
    assertThatThrownBy(() -> answered(answer).join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("did not send READY")
        .hasMessageContaining("--protocol text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "SSH-2.0-OpenSSH_9.2 | the peer is an SSH server: is this the port of a bounce server?",
        "HTTP/1.1 400 Bad Request | the peer is a web server (HTTP): is this",
        "220 mail.example.com ESMTP | the peer is an SMTP, FTP, POP3 or IMAP server: is this",
        "`\u0015\u0003\u0001\u0000\u0002` | the peer is a TLS server: is this",
        "`\u0007\u0008secret` | the peer is not a bounce server: it starts with '??secret'",
        "4-Bounty | the peer is not a bounce server: it starts with '4-Bounty'",
        "123-BounceServer_1.0 | the peer is not a bounce server: it starts with '123-Boun'",
        "-BounceServer_1.0 | the peer is not a bounce server: it starts with '-BounceS'"
      })
  void otherProtocolIsNamedByFirstBytes(String first, String message) {
    for (BounceGreeting greeting : BounceGreeting.values()) {
      var server = new ScriptedServer(first);
      assertThatThrownBy(() -> server.join(greeting, HI, 1))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(message);
      assertThat(server.writes).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0-BounceServer_1.0\n", "4-BounceServer_\n", "99-BounceServer_1.0\n"})
  void invalidBannerIsRejected(String banner) {
    assertThatThrownBy(() -> new ScriptedServer(banner).join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("sent an invalid first line");
  }

  @Test
  void otherVersionIsReported() {
    assertThatThrownBy(() -> new ScriptedServer("4-BounceServer_2.0\n").join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("has version 2.0");
    assertThatThrownBy(() ->
            new ScriptedServer("4-BounceServer_2.0").join(BounceGreeting.AS_DOCUMENTED, HI, 1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("has version 2.0");
  }

  @Test
  void endlessBannerIsRejectedAtLimit() throws Exception {
    var server = new ScriptedServer("4-BounceServer_" + "1".repeat(1000));
    assertThatThrownBy(() -> server.join(1)).isInstanceOf(ProtocolException.class);
    assertThat(server.rest()).hasSize(1000 + 15 - 64);
  }
}
