package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

/** Addresses that count as one source. */
class SourcePrefixTest {

  private static SourcePrefix of(String address) throws UnknownHostException {
    return SourcePrefix.of(InetAddress.getByName(address));
  }

  @Test
  void eachIpv4AddressIsOneSource() throws Exception {
    assertThat(of("192.0.2.1")).isEqualTo(of("192.0.2.1")).isNotEqualTo(of("192.0.2.2"));
  }

  @Test
  void ipv6Network64IsOneSource() throws Exception {
    assertThat(of("2001:db8:1:2::1"))
        .isEqualTo(of("2001:db8:1:2:ffff:ffff:ffff:ffff"))
        .hasSameHashCodeAs(of("2001:db8:1:2:3:4:5:6"))
        .isEqualTo(new SourcePrefix(InetAddress.getByName("2001:db8:1:2::")));
  }

  @Test
  void nextIpv6NetworkIsAnotherSource() throws Exception {
    assertThat(of("2001:db8:1:2::1")).isNotEqualTo(of("2001:db8:1:3::1"));
    assertThat(of("2001:db8:1:2::1")).isNotEqualTo(of("2001:db9:1:2::1"));
  }

  @Test
  void scopeOfLinkLocalAddressIsIgnored() throws Exception {
    byte[] bytes = InetAddress.getByName("fe80::1").getAddress();
    assertThat(SourcePrefix.of(Inet6Address.getByAddress(null, bytes, 3)))
        .isEqualTo(SourcePrefix.of(Inet6Address.getByAddress(null, bytes, 4)))
        .isEqualTo(of("fe80::2"));
  }

  /** A socket that takes both families shows them so. */
  @Test
  void mappedIpv4AddressIsIpv4Source() throws Exception {
    SourcePrefix mapped = of("::ffff:192.0.2.1");
    assertThat(mapped.network()).isInstanceOf(Inet4Address.class);
    assertThat(mapped).isEqualTo(of("192.0.2.1")).isNotEqualTo(of("::ffff:192.0.2.2"));
  }

  @Test
  void hostNameIsIgnored() throws Exception {
    byte[] bytes = {(byte) 192, 0, 2, 1};
    assertThat(SourcePrefix.of(InetAddress.getByAddress("a.example", bytes)))
        .isEqualTo(SourcePrefix.of(InetAddress.getByAddress("b.example", bytes)));
  }
}
