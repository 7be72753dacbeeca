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
    "Socks5h://proxy:9, SOCKS5, proxy, 9"
  })
  void aProxyIsAUrl(String url, Scheme scheme, String host, int port) {
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
  void userAndPasswordStandInFrontOfTheHost(String text, String user, String password) {
    var via = OutboundProxy.parse("http://" + text + "@proxy:3128");
    assertThat(via.credentials()).contains(new Credentials(user, password));
    assertThat(via.proxy()).hasToString("proxy:3128");
  }

  @ParameterizedTest
  @CsvSource({
    "proxy:3128, a proxy is written as http://HOST:PORT or socks5://HOST:PORT",
    "'', a proxy is written as",
    "alice:hunter2@proxy:3128, a proxy is written as",
    "://proxy:3128, a proxy is written as",
    "5socks://proxy:3128, a proxy is written as",
    "http:/proxy:3128, a proxy is written as",
    "https://proxy:3128, proxies of the scheme 'https' are not offered; http:// and socks5:// are",
    "socks4://proxy, proxies of the scheme 'socks4' are not offered",
    "socks4a://proxy, proxies of the scheme 'socks4a' are not offered",
    "socks://proxy, proxies of the scheme 'socks' are not offered",
    "ftp://alice:hunter2@proxy, proxies of the scheme 'ftp' are not offered",
    "http://proxy:3128/path, 'a proxy has no path, query or fragment'",
    "http://proxy:3128//, 'a proxy has no path, query or fragment'",
    "http://proxy?query, 'a proxy has no path, query or fragment'",
    "http://proxy#fragment, 'a proxy has no path, query or fragment'",
    "http://alice:hunter2/proxy, 'a proxy has no path, query or fragment'",
    "http://alice:hunter2/@proxy, 'a ''/'', ''?'' or ''#'' in the proxy''s user or password'",
    "http://alice?:hunter2@proxy, is written as %2F",
    "http://alice:hunter2#@proxy, is written as %2F",
    "http://proxy/@hunter2, is written as %2F",
    "http://, no HOST or HOST:PORT",
    "http:///, no HOST or HOST:PORT",
    "http://:3128, no HOST or HOST:PORT",
    "http://alice:hunter2@, no HOST or HOST:PORT",
    "http://proxy:, no HOST or HOST:PORT",
    "http://proxy:0, a port within 1 to 65535",
    "http://proxy:65536, a port within 1 to 65535",
    "http://proxy:http, a port within 1 to 65535",
    "http://alice:hunter2, a port within 1 to 65535",
    "http://::1, an IPv6 address stands in brackets",
    "http://::1:3128, an IPv6 address stands in brackets",
    "http://[proxy]:3128, no HOST or HOST:PORT",
    "http://alice:hunter2%40proxy:3128, no HOST or HOST:PORT",
    "http://hunter2%40proxy:3128, no HOST or HOST:PORT",
    "http://pro xy:3128, no HOST or HOST:PORT",
    "http://alice:hunter2%@proxy, two hexadecimal digits",
    "http://alice:hunter2%4@proxy, two hexadecimal digits",
    "http://alice:hunter2%4g@proxy, two hexadecimal digits",
    "http://alice:hunter2%+1@proxy, two hexadecimal digits",
    "http://alice:hunter2%ff@proxy, is not UTF-8",
    "http://alice:hunter2%C3@proxy, is not UTF-8",
    "http://alice:hunter2%0a@proxy, has control characters",
    "http://al%00ice:hunter2@proxy, has control characters",
    "http://alice:hunter2%7F@proxy, has control characters",
    "http://alice:hunter2%C2%85@proxy, has control characters",
    "socks5://al%0dice:hunter2@proxy, has control characters",
    "http://al%3Aice:hunter2@proxy, has a colon",
    "socks5://alice@proxy, 1 to 255 bytes",
    "socks5://:hunter2@proxy, 1 to 255 bytes"
  })
  void whatIsWrongIsSaidWithoutThePassword(String url, String complaint) {
    assertThatThrownBy(() -> OutboundProxy.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint)
        .hasMessageNotContaining(PASSWORD)
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "ä"})
  void userAndPasswordOfSocksHaveAtMost255Bytes(String letter) {
    int most = 255 / letter.getBytes(StandardCharsets.UTF_8).length;
    String longest = letter.repeat(most);
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
  void aColonInTheUserOfSocksIsAllowed() {
    assertThat(OutboundProxy.parse("socks5://al%3Aice:a@proxy").credentials())
        .contains(new Credentials("al:ice", "a"));
  }

  @Test
  void thePasswordIsNeverPrinted() {
    OutboundProxy via = OutboundProxy.parse("socks5h://alice:hunter2@[::1]:3128");
    assertThat(via).hasToString("socks5://[::1]:3128");
    assertThat(via.credentials()).hasToString("Optional[***]");
  }

  /** Whoever mistypes one character is not punished by a password in the log. */
  @Test
  void noSlipOfOneCharacterPrintsThePassword() {
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
    String said;
    try {
      said = OutboundProxy.parse(url).toString();
    } catch (IllegalArgumentException e) {
      said = e.toString() + e.getCause();
    }
    assertThat(said).as(url).doesNotContain(PASSWORD);
  }
}
