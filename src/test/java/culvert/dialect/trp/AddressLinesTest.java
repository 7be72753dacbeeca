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
  void aVisitorsLineIsAsTheOriginalWritesIt(String text) throws Exception {
    InetSocketAddress address = AddressLines.address(text);
    assertThat(address.isUnresolved()).isFalse();
    assertThat(StandardCharsets.UTF_8.decode(AddressLines.of(address)).toString())
        .isEqualTo(text + "\n");
  }

  /** An IPv4 visitor on a listener for both, which the JDK knows as IPv4. */
  @Test
  void aMappedAddressIsReadAsTheOneItMeans() {
    assertThat(HostPort.of(AddressLines.address("[::ffff:127.0.0.1]:59960")))
        .hasToString("127.0.0.1:59960");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "example.com:80", "[fe80::1%3]:80", "1.2.3.4:99999"})
  void anyOtherLineIsAVisitorTooAndLooksNothingUp(String text) {
    assertThat(AddressLines.address(text).isUnresolved()).isTrue();
  }

  @Test
  void halfALineAtTheEndIsNone() throws Exception {
    AddressLines lines = of("1.2.3.4:5\n[::1]:6\n1.2.3");
    assertThat(lines.next()).contains("1.2.3.4:5");
    assertThat(lines.next()).contains("[::1]:6");
    assertThat(lines.next()).isEmpty();
  }

  @Test
  void aLineThatDoesNotEndIsTooLong() throws Exception {
    assertThat(of("x".repeat(256) + "\n").next()).isPresent();
    assertThatThrownBy(() -> of("x".repeat(257)).next()).isInstanceOf(ProtocolException.class);
  }
}
