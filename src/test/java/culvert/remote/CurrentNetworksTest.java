package culvert.remote;

import static culvert.testing.Rules.networks;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.RemoteSettings;
import culvert.config.ServiceRules;
import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.testing.RolePair;
import java.net.InetAddress;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The networks of services that a reload changes, removes and adds. */
class CurrentNetworksTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final String DB = "db=127.0.0.1:0";
  private static final String INSIDE = "10.1.2.3";
  private static final String OUTSIDE = "192.0.2.1";

  private final CurrentNetworks networks =
      new CurrentNetworks(settings(networks("db=10.0.0.0/8"), networks(), WEB, DB));

  private static RemoteSettings settings(
      PerService<Cidr> allowed, PerService<Cidr> denied, String... services) {
    return new RolePair.Options()
        .rules(
            new ServiceRules(
                NetworkRules.of(allowed, denied),
                PerService.none(),
                PerService.none(),
                PerService.none()))
        .remoteSettings(Optional.of(new HostPort("127.0.0.1", 0)), services);
  }

  private boolean isAllowed(String label, String visitor) throws Exception {
    return networks.isAllowed(label, InetAddress.getByName(visitor));
  }

  /** Its rule is removed with it, as a rule without a service is an error. */
  @Test
  void removedServiceDoesNotOpenBeforeItsListenerIsClosed() throws Exception {
    networks.set(settings(networks(), networks(), WEB), Set.of());
    assertThat(isAllowed("db", OUTSIDE)).isFalse();
    assertThat(isAllowed("db", INSIDE)).isTrue();
    assertThat(isAllowed("web", OUTSIDE)).isTrue();
  }

  @Test
  void visitorsOfARemovedServiceAreNotHeldToTheNetworksOfOthers() throws Exception {
    networks.set(settings(networks("192.0.2.0/24"), networks(), WEB), Set.of("db"));
    assertThat(isAllowed("db", INSIDE)).isTrue();
    assertThat(isAllowed("web", INSIDE)).isFalse();
    networks.set(settings(networks("192.0.2.0/24"), networks("10.1.0.0/16"), WEB), Set.of("db"));
    assertThat(isAllowed("db", INSIDE)).as("denied to all").isFalse();
    assertThat(isAllowed("db", "10.2.0.1")).isTrue();
  }

  @Test
  void removedServiceWithoutVisitorsIsForgottenAndClosed() throws Exception {
    networks.set(settings(networks(), networks(), WEB), Set.of());
    networks.set(settings(networks(), networks(), WEB), Set.of("web"));
    assertThat(isAllowed("db", INSIDE)).isFalse();
    assertThat(isAllowed("db", OUTSIDE)).isFalse();
  }

  @Test
  void serviceThatReturnsHasTheRulesOfTheSettings() throws Exception {
    networks.set(settings(networks(), networks(), WEB), Set.of("db"));
    networks.set(settings(networks(), networks("db=10.0.0.0/8"), WEB, DB), Set.of("db"));
    assertThat(isAllowed("db", INSIDE)).isFalse();
    assertThat(isAllowed("db", OUTSIDE)).isTrue();
  }

  @Test
  void portOnRequestHasTheGeneralRules() throws Exception {
    assertThat(isAllowed("db:4711", OUTSIDE)).isTrue();
    networks.set(settings(networks("10.0.0.0/8"), networks(), WEB), Set.of());
    assertThat(isAllowed("db:4711", OUTSIDE)).isFalse();
    assertThat(isAllowed("db:4711", INSIDE)).isTrue();
  }
}
