package culvert.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Line ends, size limit, and the bytes around a head. */
class HttpHeadReaderTest {

  private static final String HEAD = "HTTP/1.1 200 OK\r\nServer: ä\r\n\r\n";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 4096})
  void bytesBeforeAndAfterTheHeadAreKept(int maxPerRead) throws Exception {
    var reader = new HttpHeadReader(input(HEAD + "one\ntwo", maxPerRead));
    assertThat(reader.firstBytes()).asString().isEqualTo("HTTP/1.1");
    HttpHead head = reader.readHead();
    assertThat(head.startLine()).isEqualTo("HTTP/1.1 200 OK");
    assertThat(head.single("server")).contains("ä");
    assertThat(reader.readBodyLine(100)).isEqualTo("one");
    assertThat(StandardCharsets.ISO_8859_1.decode(reader.remaining()).toString())
        .startsWith("one\n");
  }

  @Test
  void lineOfTheBodyIsReadUpToItsLimit() throws Exception {
    InputStream in = input(HEAD + "x".repeat(100), 1);
    var reader = new HttpHeadReader(in);
    reader.readHead();
    assertThat(reader.readBodyLine(10)).isEqualTo("x".repeat(10));
    assertThat(in.available()).isEqualTo(90);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nA: b\n\r\n", "\n"})
  void lineWithoutCarriageReturnIsRejected(String text) {
    assertThatThrownBy(() -> new HttpHeadReader(input(text, 4096)).readHead())
        .isInstanceOf(MalformedHttpException.class)
        .hasMessage("an HTTP header line that does not end in CR LF");
  }

  @Test
  void truncatedHeadIsAnEndOfFile() {
    for (int length = 0; length < HEAD.length(); length++) {
      String cut = HEAD.substring(0, length);
      assertThatThrownBy(() -> new HttpHeadReader(input(cut, 4096)).readHead())
          .as("%d bytes", length)
          .isInstanceOf(EOFException.class)
          .hasMessage("the peer closed the connection within an HTTP head");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 100_000})
  void headOf8KibibytesIsAcceptedAndALongerOneRejected(int maxPerRead) throws Exception {
    String longest = HEAD.replace("ä", "y".repeat(8192 - HEAD.length() + 1));
    assertThat(longest).hasSize(8192);
    assertThat(new HttpHeadReader(input(longest, maxPerRead)).readHead().fields())
        .containsKey("server");
    String longer = longest.replace("y\r", "yy\r");
    assertThatThrownBy(() -> new HttpHeadReader(input(longer, maxPerRead)).readHead())
        .isInstanceOf(MalformedHttpException.class)
        .hasMessage("an HTTP head of more than 8192 bytes");
  }

  /** Further bytes are neither read nor buffered. */
  @Test
  void noMoreThan8KibibytesOfAHeadAreRead() {
    String endless = "GET /" + "\0".repeat(60_000);
    var in = new ByteArrayInputStream(endless.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> new HttpHeadReader(in).readHead())
        .hasMessage("an HTTP head of more than 8192 bytes");
    assertThat(endless.length() - in.available()).isEqualTo(8192);
  }

  /** Returns an input whose reads return at most {@code maxPerRead} bytes. */
  private static InputStream input(String text, int maxPerRead) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)) {
      @Override
      public int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, maxPerRead));
      }
    };
  }
}
