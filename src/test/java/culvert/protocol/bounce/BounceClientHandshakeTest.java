package culvert.protocol.bounce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
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

/** The dialling side of the bounce wire, to the byte. */
class BounceClientHandshakeTest {

  private static final byte[] HI = ascii("hi");

  /** What one exchange came to. */
  private static final class Talk extends OutputStream {
    private final List<byte[]> writes = new ArrayList<>();
    private InputStream in;
    private final String answer;

    Talk(String server) {
      this(server, "");
    }

    /** A server that says the second thing once it has heard something. */
    Talk(String greeting, String answer) {
      this.in = stream(greeting);
      this.answer = answer;
    }

    private static InputStream stream(String text) {
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Talk join(BounceGreeting wire, byte[] authentication, int group) throws IOException {
      var whatCame =
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
      BounceClientHandshake.join(whatCame, this, wire, authentication, group);
      return this;
    }

    Talk join(int group) throws IOException {
      return join(BounceGreeting.PROGRAM, HI, group);
    }

    @Override
    public void write(int b) {
      throw new AssertionError("byte by byte");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
      in = answer.isEmpty() ? in : stream(answer);
    }

    /** All that was said, which must have been one write. */
    byte[] said() {
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

  /** As the program was seen to have it. */
  @Test
  void theProgramsWireIsSpokenToTheByte() throws Exception {
    String server =
        new String(
            HexFormat.of().parseHex("342d426f756e63655365727665725f312e300a" + "5245414459"),
            StandardCharsets.US_ASCII);
    var talk = new Talk(server + "theirs").join(172);
    assertThat(talk.said()).isEqualTo(HexFormat.of().parseHex("686930306163"));
    assertThat(talk.rest()).isEqualTo("theirs");
  }

  @Test
  void theTextsWireEndsWithItsBanner() throws Exception {
    var talk =
        new Talk("4-BounceServer_1.0", "theirs").join(BounceGreeting.TEXT, ascii("hello"), 172);
    assertThat(talk.said()).isEqualTo(ascii("hello00ac"));
    assertThat(talk.rest()).isEqualTo("theirs");
  }

  @Test
  void withoutAuthenticationTheNumberIsAll() throws Exception {
    assertThat(
            new Talk("2-BounceServer_1.0\nREADY")
                .join(BounceGreeting.PROGRAM, new byte[0], 7)
                .said())
        .isEqualTo(ascii("07"));
  }

  @Test
  void authenticationIsBytesOfAnyKindAndLength() throws Exception {
    byte[] long64 = new byte[64 * 1024];
    Arrays.fill(long64, (byte) 0xff);
    byte[] said =
        new Talk("1-BounceServer_1.0\nREADY").join(BounceGreeting.PROGRAM, long64, 15).said();
    assertThat(said).hasSize(long64.length + 1).startsWith(long64).endsWith('f');
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
  void theNumberIsPaddedToTheServersDigits(int digits, int group, String number) throws Exception {
    assertThat(new Talk(digits + "-BounceServer_1.0\nREADY").join(group).said())
        .isEqualTo(ascii("hi" + number));
  }

  @ParameterizedTest
  @CsvSource({"1, 16, 10", "4, 65536, 10000", "7, 2147483647, 7fffffff"})
  void aNumberThatDoesNotFitIsNotSent(int digits, int group, String number) {
    var talk = new Talk(digits + "-BounceServer_1.0\nREADY");
    assertThatThrownBy(() -> talk.join(group))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith("the group " + number + " has more digits")
        .hasMessageContaining("which have " + digits);
    assertThat(talk.writes).isEmpty();
  }

  @Test
  void whoIsNotLetInReadsWhy() {
    assertThatThrownBy(() -> answered("Authentication failure").join(1))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(ByeReason.CREDENTIALS))
        .hasMessageContaining("refused the authentication string");
    assertThatThrownBy(
            () -> answered("Authentication failure").join(BounceGreeting.PROGRAM, new byte[0], 1))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("wants an authentication string, and none was given");
    assertThatThrownBy(() -> answered("Connection Group Full").join(172))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith("the group ac is full");
    assertThatThrownBy(() -> answered("Failed to negotiate channel number").join(172))
        .isExactlyInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "the bounce server refused the group ac: it has fewer, or wants no");
    assertThatThrownBy(() ->
            answered("Failed to negotiate channel number")
                .join(BounceGreeting.PROGRAM, new byte[0], 172))
        .hasMessageContaining("it has fewer; take a lower one");
  }

  private static Talk answered(String answer) {
    return new Talk("4-BounceServer_1.0\n" + answer);
  }

  @Test
  void anEndIsNoAnswer() {
    assertThatThrownBy(() -> answered("").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("hung up without a reason");
    assertThatThrownBy(() -> answered("REA").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("in the middle of 'REA'");
    assertThatThrownBy(() -> new Talk("").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("without a word");
    assertThatThrownBy(() -> new Talk("4-Boun").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("in its first line");
  }

  /** READY, and what comes before it, would be taken for the group's bytes. */
  @Test
  void aServerOfTheOtherWireIsToldByItsFirstLine() {
    var program = new Talk("4-BounceServer_1.0\n", "READY");
    assertThatThrownBy(() -> program.join(BounceGreeting.TEXT, HI, 1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("--wire program");
    assertThat(program.writes).isEmpty();
    assertThatThrownBy(() -> new Talk("4-BounceServer_1.0").join(1))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("--wire text");
  }

  @Test
  void aServerThatWaitsForTlsIsThoughtOfWhereNothingIsSaid() {
    assertThatThrownBy(() -> new Talk("").join(1)).hasMessageContaining("--transport");
  }

  @ParameterizedTest
  @ValueSource(strings = {"READ!", "ready", "Auth ok", "x", "Connection Group Empty"})
  void anotherAnswerIsNoReady(String answer) {
    assertThatThrownBy(() -> answered(answer).join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("does not say READY")
        .hasMessageContaining("--wire text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "SSH-2.0-OpenSSH_9.2 | speaks SSH",
        "HTTP/1.1 400 Bad Request | speaks HTTP",
        "220 mail.example.com ESMTP | greets as mail and FTP servers do",
        "`\u0015\u0003\u0001\u0000\u0002` | speaks TLS",
        "`\u0007\u0008secret` | begins with '??secret'",
        "4-Bounty | begins with '4-Bounty'",
        "123-BounceServer_1.0 | begins with '123-Boun'",
        "-BounceServer_1.0 | begins with '-BounceS'"
      })
  void aStrangerIsNamedByItsFirstBytes(String first, String looks) {
    for (BounceGreeting wire : BounceGreeting.values()) {
      var talk = new Talk(first);
      assertThatThrownBy(() -> talk.join(wire, HI, 1))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("what answers there " + looks + ", and is no bounce server");
      assertThat(talk.writes).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0-BounceServer_1.0\n", "4-BounceServer_\n", "99-BounceServer_1.0\n"})
  void aBannerThatCannotBeIsRefused(String banner) {
    assertThatThrownBy(() -> new Talk(banner).join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("is no bounce server's first line");
  }

  @Test
  void anotherVersionIsSaid() {
    assertThatThrownBy(() -> new Talk("4-BounceServer_2.0\n").join(1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("has version 2.0");
    assertThatThrownBy(() -> new Talk("4-BounceServer_2.0").join(BounceGreeting.TEXT, HI, 1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("has version 2.0");
  }

  @Test
  void aBannerWithoutEndIsGivenUp() throws Exception {
    var talk = new Talk("4-BounceServer_" + "1".repeat(1000));
    assertThatThrownBy(() -> talk.join(1)).isInstanceOf(ProtocolException.class);
    assertThat(talk.rest()).hasSize(1000 + 15 - 64);
  }
}
