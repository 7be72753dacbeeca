package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.9.8.7/8, 10.1.1.1, true",
    "192.168.0.0/20, 192.168.15.255, true",
    "192.168.0.0/20, 192.168.16.0, false",
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, ::1, false",
    "203.0.113.9, 203.0.113.9, true",
    "203.0.113.9, 203.0.113.8, false",
    "203.0.113.9/32, 203.0.113.9, true",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::, false",
    "2001:db8::/33, 2001:db8:8000::, false",
    "::/0, ::1, true",
    "::/0, 1.2.3.4, false",
    "::1, ::1, true",
    "::1/128, ::2, false",
    "::ffff:10.0.0.0/104, 10.1.2.3, true",
    "::ffff:10.0.0.0/104, 11.1.2.3, false",
    "::ffff:10.0.0.1, 10.0.0.1, true",
    "::ffff:0:0/96, 203.0.113.9, true",
    "::ffff:0:0/96, ::1, false"
  })
  void aNetworkHoldsItsAddressesOnly(String network, String address, boolean holds)
      throws UnknownHostException {
    assertThat(Cidr.parse(network).contains(InetAddress.getByName(address))).isEqualTo(holds);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.0/8/8",
        "10.0.0/8", "10/8", "::/129", ":::/8", "1:2:3::4::5/8", "localhost/8", "example.com",
        "[::1]/128", "10.0.0.0 /8", "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/129"
      })
  void whatIsNoNetworkIsToldHowToWriteOne(String text) {
    assertThatThrownBy(() -> Cidr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'"
                + text
                + "' is not a network: expected ADDRESS or ADDRESS/BITS, as 10.0.0.0/8 or"
                + " 2001:db8::/32");
  }
}
