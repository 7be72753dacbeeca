package culvert.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Syntax of start lines and header fields. */
class HttpHeadTest {

  private static final String START = "GET /tunnel HTTP/1.1\r\n";

  @Test
  void namesOfFieldsAreInLowerCaseAndValuesWithoutSpaceAroundThem() throws Exception {
    HttpHead head = HttpHead.parse(START + "HOST: a\r\nx-Empty:\r\nCookie:  ä=\"b\";\tc=d \t\r\n");
    assertThat(head.startLine()).isEqualTo("GET /tunnel HTTP/1.1");
    assertThat(head.fields()).containsOnlyKeys("host", "x-empty", "cookie");
    assertThat(head.single("host")).contains("a");
    assertThat(head.single("x-empty")).contains("");
    assertThat(head.single("cookie")).contains("ä=\"b\";\tc=d");
    assertThat(head.single("upgrade")).isEmpty();
  }

  @Test
  void startLineWithControlCharacterIsRejected() {
    for (String line :
        new String[] {"GET /tün\0nel HTTP/1.1", "HTTP/1.1 101 A\0", "GET /\r HTTP"}) {
      assertThatThrownBy(() -> HttpHead.parse(line + "\r\n"))
          .isInstanceOf(MalformedHttpException.class)
          .hasMessage("an HTTP start line with a control character");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade : websocket",
        " folded",
        "\tfolded",
        ": websocket",
        "Upgrade: web\0socket",
        "Upgrade: web\rsocket",
        "Upgrade: web\u007fsocket",
        "Upgräde: websocket",
        "Upgrade"
      })
  void malformedHeaderLineIsRejectedAndShown(String line) {
    String shown = line.replaceAll("[^ -~]", "?").strip();
    assertThatThrownBy(() -> HttpHead.parse(START + "Host: a\r\n" + line + "\r\n"))
        .isInstanceOf(MalformedHttpException.class)
        .hasMessage("a malformed HTTP header line '" + shown + "'");
  }

  @Test
  void duplicateFieldIsRejectedWhereOnlyOneIsAllowed() throws Exception {
    HttpHead head = HttpHead.parse(START + "Host: a\r\nhost: a\r\n");
    assertThatThrownBy(() -> head.single("host"))
        .isInstanceOf(MalformedHttpException.class)
        .hasMessage("more than one HTTP header field host");
  }

  @Test
  void tokenIsFoundInAnyLineAndAnyCase() throws Exception {
    HttpHead head =
        HttpHead.parse(START + "Connection: keep-alive,x\r\nCONNECTION: y , UPGRADE\r\n");
    assertThat(head.hasToken("connection", "upgrade")).isTrue();
    assertThat(head.hasToken("connection", "keep-alive")).isTrue();
    assertThat(head.hasToken("connection", "keep")).isFalse();
    assertThat(head.hasToken("upgrade", "websocket")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'\u001b[31mred\u0007\t\0\u007f', '?[31mred????'",
    "'caf\u00e9 \u0085', caf? ?",
    "'  spaces  ', spaces"
  })
  void printableTextIsVisibleAscii(String text, String printable) {
    assertThat(HttpHead.printable(text)).isEqualTo(printable);
  }

  @Test
  void longPrintableTextIsTruncated() {
    assertThat(HttpHead.printable("y".repeat(80))).isEqualTo("y".repeat(80));
    assertThat(HttpHead.printable("y".repeat(5000))).isEqualTo("y".repeat(80) + "...");
  }
}
