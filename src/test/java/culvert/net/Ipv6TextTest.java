package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules and examples of RFC 5952, section 4, from the JDK's long form. */
class Ipv6TextTest {

  @ParameterizedTest
  @CsvSource({
    "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
    // One zero group is not shortened (4.2.2).
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    // The longest run is, and of equals the first (4.2.3).
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "0:0:0:0:0:0:0:0, ::",
    "0:0:0:0:0:0:0:1, ::1",
    "1:0:0:0:0:0:0:0, 1::",
    "0:0:1:2:3:4:5:6, ::1:2:3:4:5:6",
    "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
    "0:1:2:3:4:5:6:0, 0:1:2:3:4:5:6:0",
    "fe80:0:0:0:0:0:0:1%eth0, fe80::1%eth0",
    "1:2:3:4:5:6:7:8%2, 1:2:3:4:5:6:7:8%2",
    "0:0:0:0:0:ffff:c000:201, ::ffff:c000:201"
  })
  void theShortFormIsTheOneOfTheRfc(String text, String expected) {
    assertThat(Ipv6Text.compress(text)).isEqualTo(expected);
  }

  @Test
  void shortFormParsesToSameAddress() throws UnknownHostException {
    var random = Seed.random("Ipv6TextTest");
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = new byte[16];
      for (int group = 0; group < 8; group++) {
        if (random.nextBoolean()) {
          bytes[2 * group + 1] = (byte) random.nextInt();
        }
      }
      var address = Inet6Address.getByAddress(null, bytes, -1);
      String text = Ipv6Text.compress(address.getHostAddress());
      assertThat(InetAddress.getByName(text).getAddress()).as(text).endsWith(tail(address));
    }
  }

  /** A mapped address reads back as IPv4, the JDK's way; its last four bytes are the same. */
  private static byte[] tail(InetAddress address) throws UnknownHostException {
    return InetAddress.getByAddress(address.getAddress()).getAddress();
  }
}
