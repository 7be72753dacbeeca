package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoProxyListTest {

  @ParameterizedTest
  @CsvSource({
    "*, a.example.org:7000",
    "*, 192.0.2.1:7000",
    "'elsewhere, *', a.example.org:7000",
    "example.org, example.org:7000",
    "example.org, a.example.org:7000",
    "example.org, a.b.example.org:7000",
    ".example.org, example.org:7000",
    ".example.org, a.example.org:7000",
    "*.example.org, example.org:7000",
    "*.example.org, a.example.org:7000",
    "Example.ORG, A.eXample.org:7000",
    "example.org., a.example.org:7000",
    "example.org, a.example.org.:7000",
    "example.org:7000, a.example.org:7000",
    ".example.org:7000, a.example.org:7000",
    "'b, example.org', example.org:7000",
    "'b,example.org', example.org:7000",
    "'b example.org', example.org:7000",
    "'b\texample.org', example.org:7000",
    "',,example.org,', example.org:7000",
    "'b,\nexample.org', example.org:7000",
    "192.0.2.1, 192.0.2.1:7000",
    "192.0.2.1:7000, 192.0.2.1:7000",
    "192.0.2.0/24, 192.0.2.255:7000",
    "192.0.2.0/24:7000, 192.0.2.255:7000",
    "0.0.0.0/0, 192.0.2.1:7000",
    "2001:db8::1, [2001:db8::1]:7000",
    "2001:DB8:0::1, [2001:db8::1]:7000",
    "[2001:db8::1], [2001:db8::1]:7000",
    "[2001:db8::1]:7000, [2001:db8::1]:7000",
    "2001:db8::/32, [2001:db8:ffff::1]:7000",
    "'[2001:db8::/32]:7000', [2001:db8:ffff::1]:7000"
  })
  void listMatchesTarget(String list, String target) {
    assertThat(NoProxyList.matches(list, HostPort.parse(target))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'', example.org:7000",
    "',', example.org:7000",
    "'. .', example.org:7000",
    "., example.org:7000",
    "*., example.org:7000",
    "a.example.org, example.org:7000",
    "example.org, notexample.org:7000",
    ".example.org, notexample.org:7000",
    "*.example.org, notexample.org:7000",
    "example.org, example.org.evil:7000",
    "example.org:7001, example.org:7000",
    "example.org:70, example.org:7000",
    "'example.org:', example.org:7000",
    "example.org:port, example.org:7000",
    "e*.org, example.org:7000",
    "http://example.org, example.org:7000",
    "192.0.2.1, 192.0.2.10:7000",
    "192.0.2.1:443, 192.0.2.1:7000",
    "0.2.1, 192.0.2.1:7000",
    ".2.1, 192.0.2.1:7000",
    "192.0.2, 192.0.2.1:7000",
    "192.0.2.0/33, 192.0.2.0:7000",
    "192.0.2.0/24, 192.0.3.0:7000",
    "0.0.0.0/0, example.org:7000",
    "0.0.0.0/0, [2001:db8::1]:7000",
    "2001:db8::1, [2001:db8::2]:7000",
    "'[2001:db8::1]:443', [2001:db8::1]:7000",
    "'[2001:db8::1', [2001:db8::1]:7000",
    "2001:db8::/32, [2001:db9::1]:7000"
  })
  void listDoesNotMatchTarget(String list, String target) {
    assertThat(NoProxyList.matches(list, HostPort.parse(target))).isFalse();
  }
}
