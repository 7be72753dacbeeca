package culvert.dialect.trp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressLinesTest {

  private static AddressLines of(String text) {
    return new AddressLines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:41234", "[::1]:39354", "[2001:db8::1]:1"})
  void lineMatchesTheOriginalsFormat(String text) throws Exception {
    InetSocketAddress address = AddressLines.address(text);
    assertThat(address.isUnresolved()).isFalse();
    assertThat(StandardCharsets.UTF_8.decode(AddressLines.of(address)).toString())
        .isEqualTo(text + "\n");
  }

  /** An IPv4 visitor on a dual-stack listener, which the JDK represents as IPv4. */
  @Test
  void mappedAddressIsReadAsIpv4() {
    assertThat(HostPort.of(AddressLines.address("[::ffff:127.0.0.1]:59960")))
        .hasToString("127.0.0.1:59960");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "example.com:80", "[fe80::1%3]:80", "1.2.3.4:99999"})
  void otherLinesAreVisitorsWithoutNameLookup(String text) {
    assertThat(AddressLines.address(text).isUnresolved()).isTrue();
  }

  @Test
  void incompleteLastLineIsIgnored() throws Exception {
    AddressLines lines = of("1.2.3.4:5\n[::1]:6\n1.2.3");
    assertThat(lines.next()).contains("1.2.3.4:5");
    assertThat(lines.next()).contains("[::1]:6");
    assertThat(lines.next()).isEmpty();
  }

  @Test
  void endlessLineIsRejected() throws Exception {
    assertThat(of("x".repeat(256) + "\n").next()).isPresent();
    assertThatThrownBy(() -> of("x".repeat(257)).next()).isInstanceOf(ProtocolException.class);
  }
}
