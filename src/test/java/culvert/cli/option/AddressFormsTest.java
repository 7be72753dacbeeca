package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.EveryAddress;
import culvert.net.HostPort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class AddressFormsTest {

  private static String originServer(String text) {
    return new AddressForms.OriginServer().convert(text).toString();
  }

  @ParameterizedTest
  @CsvSource({
    "8000, default=localhost:8000",
    ":8000, default=localhost:8000",
    "web=8000, web=localhost:8000",
    "web=:8000, web=localhost:8000",
    "[::1]:8000, default=[::1]:8000",
    "web=nas:80, web=nas:80"
  })
  void portOfAnOriginServerIsOnLocalhost(String text, String expected) {
    assertThat(originServer(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9000", ":9000"})
  void portOfAListenerIsOnEveryAddress(String text) {
    var every = new HostPort(EveryAddress.host(), 9000);
    assertThat(new AddressForms.Listening().convert(text)).isEqualTo(every);
    assertThat(new AddressForms.Outside().convert(text)).hasToString("default=" + every);
  }

  @Test
  void portOfAListenerForThisHostIsOnLocalhost() {
    assertThat(new AddressForms.Local().convert("32565")).hasToString("localhost:32565");
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:8000, write 'localhost:8000'",
    "http://localhost:8000/, write 'localhost:8000'",
    "http://localhost, write 'localhost:80'",
    "https://example.com/path?query, write 'example.com:443'",
    "tcp://localhost:22, write 'localhost:22'",
    "HTTP://[::1]:8000, write '[::1]:8000'",
    "http:/localhost:8000, write 'localhost:8000'",
    "web=http://localhost:8000, write 'web=localhost:8000'",
    "dns=udp://127.0.0.1:53, write 'dns=udp:127.0.0.1:53'",
    "tcp://localhost, ; write it without a scheme",
    "http://, ; write it without a scheme",
    "https://user:pw@host/x, '; write it without a scheme, user or password'",
    "99999, ; a port is 1 to 65535",
    "web=localhost:65536, ; a port is 1 to 65535",
    "localhost:99999999999999999999, ; a port is 1 to 65535",
    "localhost, 'add the port, as in ''localhost:9000'''",
    "::1:9000, '; write an IPv6 address in brackets, as [::1]:9000'"
  })
  void addressInAnotherCommonFormIsExplained(String text, String hint) {
    assertThatThrownBy(() -> originServer(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageStartingWith("expected [NAME=]PORT or [NAME=]HOST:PORT")
        .hasMessageEndingWith(hint);
  }

  @Test
  void portOfAListenerThatIsTooHighIsExplained() {
    assertThatThrownBy(() -> new AddressForms.Outside().convert("70000"))
        .hasMessageEndingWith("underscores; a port is 0 to 65535");
    assertThatThrownBy(() -> new AddressForms.Listening().convert("0.0.0.0:70000"))
        .hasMessage("expected PORT or HOST:PORT; a port is 0 to 65535");
    assertThatThrownBy(() -> AddressForms.withDefaultPort("localhost:99999", 7835))
        .hasMessage("expected HOST or HOST:PORT; a port is 1 to 65535");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9000", ":9000"})
  void portAloneWhereAHostIsNeededIsExplained(String text) {
    assertThatThrownBy(() -> AddressForms.parse("HOST:PORT", HostPort::parse, text))
        .hasMessage("expected HOST:PORT; add the host, as in 'example.com:9000'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"99999", ":99999", "localhost:", "", ":", "a b:1", "-1"})
  void otherTextIsInvalid(String text) {
    assertThatThrownBy(() -> originServer(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("expected [NAME=]PORT or [NAME=]HOST:PORT");
  }

  @Test
  void passwordInAUrlIsNotRepeated() {
    assertThatThrownBy(() -> originServer("http://alice:hunter2@localhost:8000"))
        .hasMessageNotContaining("hunter2");
  }

  @ParameterizedTest
  @CsvSource({"http://bore.pub, write 'bore.pub'", "https://bore.pub:1, write 'bore.pub:1'"})
  void urlOfAServerWithADefaultPortIsExplained(String text, String hint) {
    assertThatThrownBy(() -> AddressForms.withDefaultPort(text, 7835))
        .hasMessage("expected HOST or HOST:PORT; " + hint);
  }
}
