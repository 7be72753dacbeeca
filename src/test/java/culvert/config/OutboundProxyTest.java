package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.OutboundProxy.Credentials;
import culvert.config.OutboundProxy.Scheme;
import culvert.net.HostPort;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundProxyTest {

  private static final String PASSWORD = "hunter2";

  @ParameterizedTest
  @CsvSource({
    "http://proxy:3128, HTTP, proxy, 3128",
    "http://proxy, HTTP, proxy, 80",
    "http://proxy:3128/, HTTP, proxy, 3128",
    "http://proxy/, HTTP, proxy, 80",
    "HTTP://Proxy.Example.Org:1, HTTP, Proxy.Example.Org, 1",
    "http://[2001:db8::1]:3128, HTTP, 2001:db8::1, 3128",
    "http://[::1], HTTP, ::1, 80",
    "http://[fe80::1%eth0]:1, HTTP, fe80::1%eth0, 1",
    "socks5://192.0.2.1:65535, SOCKS5, 192.0.2.1, 65535",
    "socks5://proxy, SOCKS5, proxy, 1080",
    "socks5h://proxy, SOCKS5, proxy, 1080",
    "socks5h://[::1]/, SOCKS5, ::1, 1080",
    "socks://proxy, SOCKS5, proxy, 1080",
    "SOCKS://proxy:9050, SOCKS5, proxy, 9050",
    "Socks5h://proxy:9, SOCKS5, proxy, 9"
  })
  void parsesUrl(String url, Scheme scheme, String host, int port) {
    assertThat(OutboundProxy.parse(url))
        .isEqualTo(new OutboundProxy(scheme, new HostPort(host, port), Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({
    "alice:hunter2, alice, hunter2",
    "alice, alice, ''",
    "alice:, alice, ''",
    ":hunter2, '', hunter2",
    "alice:a:b, alice, a:b",
    "alice:a@b, alice, a@b",
    "alice:a+b c, alice, a+b c",
    "al%69ce:%68unter%32, alice, hunter2",
    "alice:%2F%3f%23%40%3A%25, alice, /?#@:%",
    "alice:%C3%A4ä, alice, ää",
    "%E2%82%AC:%F0%9F%94%91, €, \uD83D\uDD11",
    "alice:%2541, alice, %41"
  })
  void parsesUserAndPasswordBeforeTheHost(String text, String user, String password) {
    var via = OutboundProxy.parse("http://" + text + "@proxy:3128");
    assertThat(via.credentials()).contains(new Credentials(user, password));
    assertThat(via.proxy()).hasToString("proxy:3128");
  }

  @ParameterizedTest
  @CsvSource({
    "proxy:3128, expected http://HOST:PORT or socks5://HOST:PORT",
    "'', expected http://HOST:PORT",
    "alice:hunter2@proxy:3128, expected http://HOST:PORT",
    "://proxy:3128, expected http://HOST:PORT",
    "5socks://proxy:3128, expected http://HOST:PORT",
    "http:/proxy:3128, expected http://HOST:PORT",
    "https://proxy:3128, unsupported proxy scheme 'https': expected http:// or socks5://",
    "socks4://proxy, unsupported proxy scheme 'socks4'",
    "socks4a://proxy, unsupported proxy scheme 'socks4a'",
    "ftp://alice:hunter2@proxy, unsupported proxy scheme 'ftp'",
    "http://proxy:3128/path, 'a proxy URL cannot have a path, query or fragment'",
    "http://proxy:3128//, 'a proxy URL cannot have a path, query or fragment'",
    "http://proxy?query, 'a proxy URL cannot have a path, query or fragment'",
    "http://proxy#fragment, 'a proxy URL cannot have a path, query or fragment'",
    "http://alice:hunter2/proxy, 'a proxy URL cannot have a path, query or fragment'",
    "http://alice:hunter2/@proxy, invalid proxy user or password",
    "http://alice?:hunter2@proxy, as %2F",
    "http://alice:hunter2#@proxy, as %2F",
    "http://proxy/@hunter2, as %2F",
    "http://, expected HOST or HOST:PORT",
    "http:///, expected HOST or HOST:PORT",
    "http://:3128, expected HOST or HOST:PORT",
    "http://alice:hunter2@, expected HOST or HOST:PORT",
    "http://proxy:, expected HOST or HOST:PORT",
    "http://proxy:0, a port from 1 to 65535",
    "http://proxy:65536, a port from 1 to 65535",
    "http://proxy:http, a port from 1 to 65535",
    "http://alice:hunter2, a port from 1 to 65535",
    "http://::1, an IPv6 address in brackets",
    "http://::1:3128, an IPv6 address in brackets",
    "http://[proxy]:3128, expected HOST or HOST:PORT",
    "http://alice:hunter2%40proxy:3128, expected HOST or HOST:PORT",
    "http://hunter2%40proxy:3128, expected HOST or HOST:PORT",
    "http://pro xy:3128, expected HOST or HOST:PORT",
    "http://alice:hunter2%@proxy, two hexadecimal digits",
    "http://alice:hunter2%4@proxy, two hexadecimal digits",
    "http://alice:hunter2%4g@proxy, two hexadecimal digits",
    "http://alice:hunter2%+1@proxy, two hexadecimal digits",
    "http://alice:hunter2%ff@proxy, is not UTF-8",
    "http://alice:hunter2%C3@proxy, is not UTF-8",
    "http://alice:hunter2%0a@proxy, contains control characters",
    "http://al%00ice:hunter2@proxy, contains control characters",
    "http://alice:hunter2%7F@proxy, contains control characters",
    "http://alice:hunter2%C2%85@proxy, contains control characters",
    "socks5://al%0dice:hunter2@proxy, contains control characters",
    "http://al%3Aice:hunter2@proxy, contains a colon",
    "socks5://alice@proxy, 1 to 255 bytes",
    "socks5://:hunter2@proxy, 1 to 255 bytes"
  })
  void invalidUrlIsRejectedWithoutRepeatingThePassword(String url, String message) {
    assertThatThrownBy(() -> OutboundProxy.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining(PASSWORD)
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "ä"})
  void userAndPasswordOfSocks5HaveAtMost255Bytes(String letter) {
    int max = 255 / letter.getBytes(StandardCharsets.UTF_8).length;
    String longest = letter.repeat(max);
    String url = "socks5://" + longest + ":" + longest + "@proxy";
    assertThat(OutboundProxy.parse(url).credentials()).contains(new Credentials(longest, longest));
    for (String tooLong : new String[] {"a:" + longest + letter, longest + letter + ":a"}) {
      assertThatThrownBy(() -> OutboundProxy.parse("socks5://" + tooLong + "@proxy"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 to 255 bytes");
      assertThat(OutboundProxy.parse("http://" + tooLong + "@proxy").credentials()).isPresent();
    }
  }

  @Test
  void userOfSocks5MayContainColon() {
    assertThat(OutboundProxy.parse("socks5://al%3Aice:a@proxy").credentials())
        .contains(new Credentials("al:ice", "a"));
  }

  @Test
  void toStringHidesUserAndPassword() {
    OutboundProxy via = OutboundProxy.parse("socks5h://alice:hunter2@[::1]:3128");
    assertThat(via).hasToString("socks5://[::1]:3128");
    assertThat(via.credentials()).hasToString("Optional[***]");
  }

  /** A typing error of one character must not put the password into the log. */
  @Test
  void noTypingErrorOfOneCharacterRevealsThePassword() {
    String url = "http://alice:" + PASSWORD + "@proxy:3128";
    int slips = 0;
    for (int i = 0; i < url.length(); i++) {
      if (url.startsWith(PASSWORD, i)) {
        i += PASSWORD.length();
      }
      for (String slip :
          new String[] {"", ":", "/", "@", "%", "?", "#", "[", "]", ".", " ", "\n"}) {
        assertKeepsThePassword(url.substring(0, i) + slip + url.substring(i + 1));
        assertKeepsThePassword(url.substring(0, i) + slip + url.substring(i));
        slips++;
      }
    }
    assertThat(slips).isGreaterThan(200);
  }

  private static void assertKeepsThePassword(String url) {
    assertThat(url).contains(PASSWORD);
    String text;
    try {
      text = OutboundProxy.parse(url).toString();
    } catch (IllegalArgumentException e) {
      text = e.toString() + e.getCause();
    }
    assertThat(text).as(url).doesNotContain(PASSWORD);
  }
}
