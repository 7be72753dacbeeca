package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ClientSettings;
import culvert.config.Secret;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both roles with a client that offers a UDP service, and whose rules change. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientUdpTest {

  private static final String DNS = "dns=udp:127.0.0.1:0";

  private final String secret = Secret.generate();

  private ClientSettings vienna(String service) {
    return new ClientSettings("vienna", Secret.of(secret), List.of(service), List.of());
  }

  private static void awaitEcho(RunningRoles roles) throws Exception {
    try (var visitor = new UdpClient(roles.remote().outsideAddresses().get("dns"))) {
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(visitor.ask(new byte[] {1})).containsExactly(1));
    }
  }

  @Test
  void revokedUdpServiceHasNoNewFlowsAndComesBack() throws Exception {
    var options =
        new RolePair.Options()
            .asClient("vienna", secret)
            .clients(vienna("dns"))
            .retryingWithin(Duration.ofMillis(50));
    try (UdpServer echo = UdpServer.echo();
        var roles = new RunningRoles(options, DNS)) {
      roles.join("dns=udp:" + echo.address());
      awaitEcho(roles);
      options.clients(vienna("other"));
      roles.reloadRemote(DNS);
      roles.awaitLog("service revoked", "service=dns");
      try (var visitor = new UdpClient(roles.remote().outsideAddresses().get("dns"))) {
        visitor.send(new byte[] {2});
        Eventually.within(
            RolePair.LIMIT,
            () ->
                assertThat(roles.remote().counters().get(Counter.DATAGRAMS_UNSERVED)).isPositive());
      }
      options.clients(vienna("dns"));
      roles.reloadRemote(DNS);
      awaitEcho(roles);
      assertThat(roles.remote().counters().get(Counter.SESSIONS)).isEqualTo(1);
    }
  }
}
