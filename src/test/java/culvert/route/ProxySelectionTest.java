package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySelectionTest {

  private static final HostPort TARGET = new HostPort("tunnel.example.org", 7000);

  @ParameterizedTest
  @ValueSource(strings = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
  void variableSelectsTheProxy(String variable) {
    assertThat(chosen(Map.of(variable, "socks5://a:1"))).isEqualTo("socks5://a:1");
  }

  @Test
  void noVariableSelectsNoProxy() {
    assertThat(chosen(Map.of())).isEqualTo("direct");
    assertThat(chosen(Map.of("HTTP_PROXY", "http://a:1", "http_proxy", "http://a:1")))
        .isEqualTo("direct");
  }

  @Test
  void firstVariableThatIsSetIsUsed() {
    List<String> order = List.of("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
    for (int first = 0; first < order.size(); first++) {
      for (int second = first + 1; second < order.size(); second++) {
        String better = order.get(first);
        String worse = order.get(second);
        assertThat(chosen(Map.of(better, "better:1", worse, "worse:1")))
            .as(better + " before " + worse)
            .isEqualTo("http://better:1");
        assertThat(chosen(Map.of(better, "", worse, "worse:1")))
            .as(better + " is empty")
            .isEqualTo("http://worse:1");
        assertThat(chosen(Map.of(better, " \t", worse, "worse:1"))).isEqualTo("http://worse:1");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "proxy:3128, http://proxy:3128",
    "proxy, http://proxy:80",
    "[::1]:3128, http://[::1]:3128",
    "alice:open-sesame@proxy:3128, http://proxy:3128",
    "' http://proxy:3128/ ', http://proxy:3128",
    "socks5h://proxy, socks5://proxy:1080",
    "socks://proxy, socks5://proxy:1080"
  })
  void valueWithoutSchemeIsHttp(String value, String proxy) {
    assertThat(chosen(Map.of("HTTPS_PROXY", value))).isEqualTo(proxy);
  }

  @Test
  void optionOverridesTheVariables() {
    var environment = Map.of("https_proxy", "no proxy at all", "NO_PROXY", "*");
    assertThat(ProxySelection.of(Optional.of("socks5://b:2"), environment, TARGET))
        .contains(OutboundProxy.parse("socks5://b:2"));
    assertThat(ProxySelection.of(Optional.of("direct"), environment, TARGET)).isEmpty();
  }

  @Test
  void optionAppliesToLoopback() {
    assertThat(ProxySelection.of(Optional.of("http://b:2"), Map.of(), new HostPort("localhost", 1)))
        .contains(OutboundProxy.parse("http://b:2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LocalHost",
        "localhost.",
        "127.0.0.1",
        "127.255.255.254",
        "::1",
        "0:0:0:0:0:0:0:1"
      })
  void variablesDoNotApplyToLoopback(String host) {
    var environment = Map.of("ALL_PROXY", "proxy:3128");
    assertThat(ProxySelection.of(Optional.empty(), environment, new HostPort(host, 7000)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost.example.org", "mylocalhost", "128.0.0.1", "::2", "127.example"})
  void variablesApplyToNamesSimilarToLoopback(String host) {
    var environment = Map.of("ALL_PROXY", "proxy:3128");
    assertThat(ProxySelection.of(Optional.empty(), environment, new HostPort(host, 7000)))
        .isPresent();
  }

  @Test
  void errorNamesInvalidVariableAndNoPassword() {
    for (String variable : List.of("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")) {
      assertThatThrownBy(() -> chosen(Map.of(variable, "https://alice:hunter2@proxy:3128")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the variable "
                  + variable
                  + ": unsupported proxy scheme 'https': expected http:// or socks5://"
                  + " (--via direct ignores it)")
          .hasNoCause();
    }
    assertThatThrownBy(() -> chosen(Map.of("ALL_PROXY", "alice:hunter2")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the variable ALL_PROXY: invalid proxy address: expected HOST")
        .hasMessageNotContaining("hunter2")
        .hasNoCause();
  }

  @Test
  void errorNamesInvalidOptionAndNoPassword() {
    assertThatThrownBy(
            () -> ProxySelection.of(Optional.of("alice:hunter2@proxy:3128"), Map.of(), TARGET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--via: expected http://HOST:PORT or socks5://HOST:PORT; for no proxy," + " use direct")
        .hasNoCause();
  }

  @Test
  void invalidVariableIsIgnoredWhenNotUsed() {
    assertThat(chosen(Map.of("ALL_PROXY", "https://proxy", "NO_PROXY", "example.org")))
        .isEqualTo("direct");
  }

  @Test
  void lowerCaseNoProxyListTakesPrecedence() {
    var proxy = Map.entry("ALL_PROXY", "proxy:3128");
    var everything = Map.entry("NO_PROXY", "*");
    assertThat(chosen(Map.ofEntries(proxy, everything))).isEqualTo("direct");
    assertThat(chosen(Map.ofEntries(proxy, Map.entry("no_proxy", "*")))).isEqualTo("direct");
    assertThat(chosen(Map.ofEntries(proxy, everything, Map.entry("no_proxy", "elsewhere"))))
        .isEqualTo("http://proxy:3128");
    assertThat(chosen(Map.ofEntries(proxy, everything, Map.entry("no_proxy", ""))))
        .isEqualTo("direct");
  }

  private static String chosen(Map<String, String> environment) {
    return ProxySelection.of(Optional.empty(), environment, TARGET)
        .map(OutboundProxy::toString)
        .orElse("direct");
  }
}
