package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.RolePair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SettingsTest {

  @Test
  void remoteProxyRejectsServiceNamedTwice() {
    assertThatThrownBy(() -> remote("a=h:1", "b=h:2", "a=h:3"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--outside-addr names the service 'a' twice");
  }

  @Test
  void originProxyRejectsServiceNamedTwice() {
    assertThatThrownBy(() -> origin("h:1", "default=h:2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--origin-server-addr names the service 'default' twice");
  }

  @Test
  void twoServicesMayHaveTheSameAddress() {
    assertThat(origin("a=h:1", "A=h:1").services()).hasSize(2);
    assertThat(remote("a=h:0", "b=h:0").services()).hasSize(2);
  }

  @Test
  void toStringHidesSecret() {
    assertThat(remote("a=h:2").toString()).contains("***").doesNotContain("hunter2");
    assertThat(origin("a=h:1").toString()).contains("***").doesNotContain("hunter2");
  }

  @Test
  void settingsCopyTheListOfServices() {
    var list = new ArrayList<>(services("a=h:1"));
    var settings = origin(list);
    list.add(ServiceAddress.parse("a=h:2"));
    assertThat(settings.services()).hasSize(1);
  }

  private static RemoteSettings remote(String... services) {
    var second = Duration.ofSeconds(1);
    return new RemoteSettings(
        Optional.of(new HostPort("h", 9000)),
        List.of(),
        BounceCredentials.DEFAULT,
        services(services),
        Optional.empty(),
        List.of(ControlProtocol.NATIVE),
        Optional.empty(),
        List.of(Secret.of("hunter2")),
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        second,
        second,
        List.of(),
        ServiceRules.NONE,
        ConnectionLimits.DEFAULT,
        Timeouts.DEFAULT,
        ResourceLimits.DEFAULT);
  }

  @Test
  void protocolBoreRequiresItsSettings() {
    var options =
        new RolePair.Options()
            .outsidePort(PortRange.parse("5000-5001"), 0)
            .protocols(ControlProtocol.NATIVE, ControlProtocol.BORE);
    assertThatThrownBy(options::remoteSettings)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no settings for the protocol bore");
  }

  private static OriginSettings origin(String... services) {
    return origin(services(services));
  }

  private static OriginSettings origin(List<ServiceAddress> services) {
    var second = Duration.ofSeconds(1);
    return new OriginSettings(
        List.of(RemoteRoute.direct(new RemoteAddress.Direct(new HostPort("h", 1)))),
        BounceCredentials.DEFAULT,
        services,
        OptionalInt.empty(),
        false,
        "laptop",
        Optional.of(Secret.of("hunter2")),
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        HealthChecks.NONE,
        second,
        second,
        false,
        Timeouts.DEFAULT,
        ResourceLimits.DEFAULT);
  }

  private static List<ServiceAddress> services(String... texts) {
    return Stream.of(texts).map(ServiceAddress::parse).toList();
  }
}
