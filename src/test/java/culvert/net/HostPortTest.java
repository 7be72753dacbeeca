package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9000, 127.0.0.1, 9000",
    "example.com:0, example.com, 0",
    "[::1]:65535, ::1, 65535",
    "[2001:db8::1%eth0]:1, 2001:db8::1%eth0, 1",
    "[::]:80, ::, 80"
  })
  void readsWhatItWrites(String text, String host, int port) {
    var parsed = HostPort.parse(text);
    assertThat(parsed).isEqualTo(new HostPort(host, port)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "bore.example, bore.example, 7835",
    "bore.example:1, bore.example, 1",
    "127.0.0.1, 127.0.0.1, 7835",
    "::1, ::1, 7835",
    "fe80::1%eth0, fe80::1%eth0, 7835",
    "[::1], ::1, 7835",
    "[::1]:1, ::1, 1"
  })
  void aPortThatIsLeftOutIsTheOneThatBelongs(String text, String host, int port) {
    assertThat(HostPort.parse(text, 7835)).isEqualTo(new HostPort(host, port));
  }

  @ParameterizedTest
  @CsvSource({
    "'', is not a host name or address",
    "a:1:2, 'is neither an IPv6 address nor HOST:PORT'",
    "[host], is not an IPv6 address",
    "host:, is not a port number",
    "https://host, is not a port number"
  })
  void aHostWithoutAPortIsStillChecked(String text, String why) {
    assertThatThrownBy(() -> HostPort.parse(text, 7835))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({
    "9000, has no port: expected HOST:PORT",
    "example.com, has no port: expected HOST:PORT",
    "'', has no port: expected HOST:PORT",
    ":9000, has no host",
    "[]:9000, is not an IPv6 address",
    "[127.0.0.1]:9000, is not an IPv6 address",
    "::1:9000, an IPv6 address is written in brackets",
    "host:, is not a port number",
    "host:http, is not a port number",
    "host:-1, is not a port number",
    "host:+1, is not a port number",
    "host:123456, is not a port number",
    "host:\u0661, is not a port number",
    "host:65536, 'port 65536 is out of range: expected 0 to 65535'",
    "http://host:80, an IPv6 address is written in brackets",
    "//host:80, is not a host name or address",
    "me@host:80, is not a host name or address",
    "'a b:80', is not a host name or address"
  })
  void whatIsWrongIsSaid(String text, String complaint) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "2001:db8::8:800:200c:417a", "::"})
  void anAddressIsWrittenShort(String text) throws UnknownHostException {
    var address = new InetSocketAddress(InetAddress.getByName(text), 7);
    assertThat(HostPort.of(address)).isEqualTo(new HostPort(text, 7));
  }

  @Test
  void unresolvedAddressKeepsItsName() {
    assertThat(HostPort.of(InetSocketAddress.createUnresolved("a.example", 1)))
        .hasToString("a.example:1");
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, 127.0.0.1", "::1, 0:0:0:0:0:0:0:1", "::ffff:1.2.3.4, 1.2.3.4"})
  void aLiteralIsAnAddressWithoutALookup(String host, String address) {
    assertThat(new HostPort(host, 1).literal()).map(InetAddress::getHostAddress).contains(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "127.1", "127.0.0.01", "1", "fe80::1%1", "[::1]", "1.2.3.4."})
  void anythingElseIsAName(String host) {
    assertThat(new HostPort(host, 1).literal()).isEmpty();
  }

  @Test
  void unresolvableNameIsNamed() {
    assertThatThrownBy(() -> new HostPort("nowhere.invalid", 1).resolve())
        .isInstanceOf(UnknownHostException.class)
        .hasMessage("the name 'nowhere.invalid' does not resolve to an address");
  }
}
