package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** The display name of a visitor. */
class VisitorTest {

  private static String name(InetSocketAddress address) {
    return new Visitor("web", address, new InetSocketAddress("192.0.2.7", 80)).name();
  }

  @Test
  void nameIsTheAddressIfItIsKnown() {
    assertThat(name(new InetSocketAddress("192.0.2.1", 4711))).isEqualTo("192.0.2.1:4711");
    assertThat(name(InetSocketAddress.createUnresolved("a.example", 4711)))
        .isEqualTo("a.example:4711");
  }

  @Test
  void nameIsTheProtocolsIdWithoutAPortOtherwise() {
    assertThat(name(InetSocketAddress.createUnresolved("17d627d5-186a", 0)))
        .isEqualTo("17d627d5-186a");
  }
}
