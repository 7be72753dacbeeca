package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ClientSettings;
import culvert.config.Secret;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.TestServer;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both roles with a client whose rules change while visitors are connected. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final String SSH = "ssh=127.0.0.1:0";

  private static final Duration HANDSHAKE = Duration.ofSeconds(1);

  private final String secret = Secret.generate();
  private final RolePair.Options options =
      new RolePair.Options()
          .asClient("vienna", secret)
          .clients(vienna("web", "ssh"))
          .handshake(HANDSHAKE)
          .retryingWithin(Duration.ofMillis(50));

  private TestServer server;
  private RunningRoles roles;

  private ClientSettings vienna(String... services) {
    return new ClientSettings("vienna", Secret.of(secret), List.of(services), List.of());
  }

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    roles = new RunningRoles(options, WEB, SSH);
    roles.join(at("web"), at("ssh"));
  }

  @AfterEach
  void close() throws Exception {
    roles.close();
    server.close();
  }

  private String at(String service) {
    return service + "=" + server.address();
  }

  private void reload(ClientSettings... clients) {
    options.clients(clients);
    roles.reloadRemote(WEB, SSH);
  }

  private long count(Counter counter) {
    return roles.remote().counters().get(counter);
  }

  @Test
  void revokedServiceKeepsItsVisitorsAndComesBack() throws Exception {
    try (Socket ssh = roles.visit("ssh");
        Socket web = roles.visit("web")) {
      assertEchoes(ssh, "before");
      assertEchoes(web, "before");
      reload(vienna("web"));
      roles.assertUnserved("ssh");
      roles.awaitLog("service revoked", "vienna/laptop@", "service=ssh", "may not offer service");
      roles.awaitLog(
          "service not served",
          "service=ssh",
          "client 'vienna' may not offer service 'ssh'; it may offer web");
      assertEchoes(ssh, "connected before");
      assertEchoes(web, "of another service");
      roles.awaitEcho("web");
      reload(vienna("web", "ssh"));
      roles.awaitEcho("ssh");
      assertEchoes(ssh, "after");
    }
    assertThat(count(Counter.SERVICES_REVOKED)).isEqualTo(1);
    assertThat(count(Counter.SESSIONS)).isEqualTo(1);
  }

  private static void assertReset(Socket visitor) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () ->
            assertThatThrownBy(
                    () -> {
                      visitor.getOutputStream().write(1);
                      visitor.getInputStream().read();
                    })
                .hasMessageMatching("Connection reset.*|Broken pipe"));
  }

  /** A session without services ends, and its visitors with it, unless it keeps its place. */
  @Test
  void revokedLastServiceKeepsItsVisitorsAndComesBackAtOnce() throws Exception {
    reload(vienna("web"));
    roles.awaitLog("service revoked", "service=ssh");
    try (Socket web = roles.visit("web")) {
      assertEchoes(web, "before");
      reload(vienna("other"));
      roles.awaitLog("service not served", "service=web", "may not offer service 'web'");
      long end = System.nanoTime() + HANDSHAKE.multipliedBy(2).toNanos();
      while (System.nanoTime() < end) {
        assertEchoes(web, "revoked");
      }
      reload(vienna("web"));
      roles.awaitEcho("web");
      assertEchoes(web, "after");
    }
    assertThat(count(Counter.SESSIONS)).isEqualTo(1);
  }

  @Test
  void sessionOfARemovedClientEndsWithItsVisitors() throws Exception {
    try (Socket web = roles.visit("web")) {
      assertEchoes(web, "before");
      reload();
      assertReset(web);
      roles.awaitLog("session revoked", "client 'vienna' was removed from the settings");
      roles.assertUnserved("web");
      roles.awaitLog(
          "login refused by remote proxy",
          "the secret of client 'vienna' is wrong, or there is no such client");
    }
    reload(vienna("web", "ssh"));
    roles.awaitEcho("ssh");
    assertThat(count(Counter.SESSIONS_REVOKED)).isEqualTo(1);
  }

  @Test
  void sessionOfAnEarlierSecretEndsAndTheOneOfTheNextBegins() throws Exception {
    String changed = Secret.generate();
    reload(new ClientSettings("vienna", Secret.of(changed), List.of("web", "ssh"), List.of()));
    roles.awaitLog("session revoked", "the secret of client 'vienna' has changed");
    options.asClient("vienna", changed);
    roles.reloadOrigin(at("web"), at("ssh"));
    roles.awaitEcho("web");
  }

  /** Without a secret of the remote proxy, the removal must not admit every origin proxy. */
  @Test
  void removalOfTheLastClientAdmitsNoOriginProxy() throws Exception {
    options.secrets(null, secret);
    reload(vienna("web", "ssh"));
    try (Socket web = roles.visit("web")) {
      assertEchoes(web, "before");
      reload();
      assertReset(web);
    }
    roles.awaitLog(
        "login refused by remote proxy",
        "the secret of client 'vienna' is wrong, or there is no such client");
    options.asNoClient(null).plain();
    roles.reloadOrigin(at("web"), at("ssh"));
    roles.awaitLog("login refused by remote proxy", "the remote proxy admits only clients");
    roles.assertUnserved("web");
  }

  @Test
  void reloadWithEqualClientsChangesNothing() throws Exception {
    try (Socket web = roles.visit("web")) {
      assertEchoes(web, "before");
      reload(vienna("web", "ssh"));
      assertEchoes(web, "after");
    }
    assertThat(count(Counter.SESSIONS)).isEqualTo(1);
    assertThat(count(Counter.SESSIONS_REVOKED)).isZero();
    assertThat(count(Counter.SERVICES_REVOKED)).isZero();
  }

  @Test
  void serviceThatIsNotPermittedAffectsNoOther() throws Exception {
    reload(vienna("web"));
    roles.restartRemote(WEB, SSH);
    roles.awaitEcho("web");
    roles.assertUnserved("ssh");
    assertThat(count(Counter.OFFERS_NOT_PERMITTED)).isPositive();
  }
}
