package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Cidr;
import culvert.testing.Rules;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkRulesTest {

  private static PerService<Cidr> networks(String text) {
    return Rules.networks(text.isEmpty() ? new String[0] : text.split(" "));
  }

  private static boolean isAllowed(String allowed, String denied, String service, String visitor)
      throws Exception {
    return NetworkRules.of(networks(allowed), networks(denied))
        .isAllowed(service, InetAddress.getByName(visitor));
  }

  /** A range of ports has one list, and 100 sets took the memory of the role. */
  @Test
  void servicesWithEqualListsShareASet() {
    NetworkRules rules =
        NetworkRules.of(
            networks("game.0=10.0.0.0/8 game.0=::1 game.1=10.0.0.0/8 game.1=::1 web=10.0.0.0/8"),
            networks("game.0=10.0.0.0/8 game.0=::1"));
    assertThat(rules.allowed().get("game.1"))
        .isSameAs(rules.allowed().get("game.0"))
        .isSameAs(rules.denied().get("game.0"))
        .isNotEqualTo(rules.allowed().get("web"));
  }

  @Test
  void everyVisitorIsAllowedWithoutRules() throws Exception {
    assertThat(isAllowed("", "", "web", "192.0.2.1")).isTrue();
    assertThat(NetworkRules.NONE.isAllowed("web", InetAddress.getByName("::1"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // One list.
    "10.0.0.0/8, '', 10.1.1.1, true",
    "10.0.0.0/8, '', 11.1.1.1, false",
    "10.0.0.0/8, '', ::1, false",
    "'', 10.0.0.0/8, 10.1.1.1, false",
    "'', 10.0.0.0/8, ::ffff:10.1.1.1, false",
    "'', ::ffff:10.0.0.0/104, 10.1.1.1, false",
    "'', 10.0.0.0/8, 11.1.1.1, true",
    "'', 2001:db8::/32, 2001:db8::1, false",
    "'', 2001:db8::/32, 2001:db9::1, true",
    // A network that is denied stays denied, whichever prefix is longer.
    "10.0.0.0/8, 10.1.0.0/16, 10.1.1.1, false",
    "10.0.0.0/8, 10.1.0.0/16, 10.2.1.1, true",
    "10.1.0.0/16, 10.0.0.0/8, 10.1.1.1, false",
    "0.0.0.0/0, 0.0.0.0/0, 10.1.1.1, false",
    // A service's own networks replace those that are allowed for others, and no denied ones.
    "10.0.0.0/8 web=192.0.2.0/24, '', 192.0.2.1, true",
    "10.0.0.0/8 web=192.0.2.0/24, '', 10.1.1.1, false",
    "ssh=192.0.2.0/24, '', 10.1.1.1, true",
    "10.0.0.0/8 ssh=192.0.2.0/24, '', 10.1.1.1, true",
    "'', 10.0.0.0/8 web=192.0.2.0/24, 10.1.1.1, false",
    "'', 10.0.0.0/8 web=192.0.2.0/24, 192.0.2.1, false",
    "'', ssh=10.0.0.0/8, 10.1.1.1, true",
    "web=10.0.0.0/8, 10.1.0.0/16, 10.1.1.1, false"
  })
  void visitorOfTheServiceIsAllowed(
      String allowed, String denied, String visitor, boolean isAllowed) throws Exception {
    assertThat(isAllowed(allowed, denied, "web", visitor)).isEqualTo(isAllowed);
  }
}
