package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketSettingsTest {

  private static WebSocketSettings path(String path) {
    return new WebSocketSettings(path, Optional.empty());
  }

  private static WebSocketSettings host(String host) {
    return new WebSocketSettings("/", Optional.of(host));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/tunnel", "/a/b.c/~d", "/%20", "/;x=1,2@:!$&'()*+", "/[^-]"})
  void pathIsVisibleAsciiAfterASlash(String path) {
    assertThat(path(path).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tunnel", " /", "http://a/"})
  void pathWithoutLeadingSlashIsRejected(String path) {
    assertThatThrownBy(() -> path(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid value '" + path + "' for --ws-path: expected a path that starts with '/'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a b", "/a\r\nX: y", "/\0", "/\u007f", "/größe", "/a?b", "/a#b", "/ "})
  void pathWithInvalidCharactersIsRejected(String path) {
    assertThatThrownBy(() -> path(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "' for --ws-path: expected visible ASCII without '?' and '#'; write other characters as"
                + " %20 and the like")
        .hasMessageMatching("\\P{Cntrl}+");
  }

  @Test
  void pathHasAtMost1024Characters() {
    assertThat(path("/" + "p".repeat(1023)).path()).hasSize(1024);
    assertThatThrownBy(() -> path("/" + "p".repeat(1024)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid value '/"
                + "p".repeat(199)
                + "...' for --ws-path: expected at most 1024 characters");
  }

  @ParameterizedTest
  @CsvSource({
    "example.com:9000, false, example.com:9000",
    "example.com:80, false, example.com",
    "example.com:80, true, example.com:80",
    "example.com:443, true, example.com",
    "example.com:443, false, example.com:443",
    "127.0.0.1:80, false, 127.0.0.1",
    "[::1]:9000, false, [::1]:9000",
    "[::1]:443, true, [::1]"
  })
  void hostHeaderOmitsDefaultPortOfScheme(String dialled, boolean tls, String expected) {
    assertThat(WebSocketSettings.DEFAULT.hostHeader(HostPort.parse(dialled), tls))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"front.example", "front.example:8443", "[::1]", "[2001:db8::1]:80", "a"})
  void givenHostIsSentUnchanged(String host) {
    assertThat(host(host).hostHeader(new HostPort("h", 80), false)).isEqualTo(host);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\r\nX: y", "http://a", "a/b", "u@a", "a:b", ":80", "größe"})
  void invalidHostIsRejected(String host) {
    assertThatThrownBy(() -> host(host))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "' for --ws-host: expected HOST or HOST:PORT of letters, digits, dots and dashes");
  }
}
