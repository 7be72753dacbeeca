package culvert.origin;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.SeparateRoles;
import culvert.testing.TestServer;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Services that are offered and withdrawn while the session of the origin proxy serves. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ServiceChangeTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final String SSH = "ssh=127.0.0.1:0";

  private TestServer server;
  private RolePair.Options usual;
  private RunningRoles roles;
  private Socket visitor;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    usual = new RolePair.Options().retryingWithin(Duration.ofMillis(50));
    roles = new RunningRoles(usual, WEB);
    roles.join(at("web"));
    visitor = roles.visit("web");
    assertEchoes(visitor, "before");
  }

  @AfterEach
  void close() throws Exception {
    visitor.close();
    roles.close();
    server.close();
  }

  private String at(String service) {
    return service + "=" + server.address();
  }

  private void assertSameSession() {
    assertThat(roles.log()).doesNotContain("session ended", "session lost", "superseded");
    assertThat(roles.log().lines().filter(line -> line.contains("session started remote_proxy=")))
        .hasSize(1);
  }

  private void awaitUnserved(String service) throws Exception {
    Eventually.within(RolePair.LIMIT, () -> roles.assertUnserved(service));
  }

  /** Adds a service on both sides. */
  private void addSsh() throws Exception {
    roles.reloadRemote(WEB, SSH);
    roles.reloadOrigin(at("web"), at("ssh"));
    roles.awaitEcho("ssh");
  }

  /** Adds a service that another origin proxy has, which is served by that one meanwhile. */
  private void addSshOfAnother(Eventually.Check meanwhile, String... notServed) throws Exception {
    roles.reloadRemote(WEB, SSH);
    RolePair.Options options = new RolePair.Options().name("desktop").retrying();
    try (var separate = new SeparateRoles();
        var other =
            separate.origin(server.address(), options.offered("ssh"), roles.controlAddress())) {
      other.announced();
      roles.reloadOrigin(at("web"), at("ssh"));
      roles.awaitLog(notServed);
      meanwhile.run();
    }
  }

  @Test
  void addedServiceIsServedBySameSession() throws Exception {
    addSsh();
    assertEchoes(visitor, "after");
    assertSameSession();
  }

  @Test
  void addedServiceIsServedOnceTheRemoteProxyHasIt() throws Exception {
    roles.reloadOrigin(at("web"), at("ssh"));
    roles.awaitLog("service not served", "service=ssh", "has no service 'ssh'", "again_in=500ms");
    roles.awaitEcho("web");
    roles.reloadRemote(WEB, SSH);
    roles.awaitEcho("ssh");
    assertEchoes(visitor, "after");
    assertSameSession();
  }

  @Test
  void removedServiceIsWithdrawnAndItsVisitorsStay() throws Exception {
    roles.reloadRemote(WEB, SSH);
    roles.reloadOrigin(at("ssh"));
    roles.awaitEcho("ssh");
    roles.awaitLog("service withdrawn", "service=web");
    awaitUnserved("web");
    assertEchoes(visitor, "after");
    assertSameSession();
  }

  @Test
  void changedOriginServerReceivesNewVisitorsOnly() throws Exception {
    try (TestServer other = TestServer.echo()) {
      roles.reloadOrigin("web=" + other.address());
      roles.awaitEcho("web");
      assertThat(other.accepted()).isEqualTo(1);
      assertThat(server.accepted()).isEqualTo(1);
      assertEchoes(visitor, "after");
    }
    assertSameSession();
  }

  @Test
  void serviceThatIsMissingAtTheNextLoginAffectsNoOther() throws Exception {
    addSsh();
    roles.restartRemote(WEB);
    roles.awaitEcho("web");
    roles.awaitLog("service not served", "service=ssh", "has no service 'ssh'");
    roles.reloadRemote(WEB, SSH);
    roles.awaitEcho("ssh");
  }

  @Test
  void serviceThatWasDeclinedIsOfferedAfterTheOthersAtTheNextLogin() throws Exception {
    roles.reloadOrigin(at("web"), at("ssh"));
    roles.awaitLog("service not served", "service=ssh");
    roles.restartRemote(WEB, SSH);
    roles.awaitEcho("web");
    roles.awaitEcho("ssh");
    assertThat(roles.log().lines().filter(line -> line.contains("service not served"))).hasSize(1);
  }

  @Test
  void serviceThatAnotherOriginProxyHasAffectsNoOther() throws Exception {
    addSshOfAnother(
        () -> {
          roles.awaitEcho("web");
          assertEchoes(visitor, "after");
          assertSameSession();
        },
        "service not served",
        "service=ssh",
        "origin proxy 'desktop' serves it");
  }

  /** It is offered again after a pause, because each offer probes the other origin proxy. */
  @Test
  @Tag("full")
  void serviceThatAnotherOriginProxyHadIsServed() throws Exception {
    addSshOfAnother(() -> {}, "service not served", "service=ssh", "again_in=15s");
    roles.awaitEcho("ssh");
  }

  /** A session without services does not last, and its visitors would end with it. */
  @Test
  void lastServiceIsWithdrawnOnlyAfterAnotherIsServed() throws Exception {
    roles.reloadOrigin(at("www"));
    roles.awaitLog("service not served", "service=www");
    awaitUnserved("web");
    assertThat(roles.log()).doesNotContain("service withdrawn");
    roles.reloadRemote(WEB, "www=127.0.0.1:0");
    roles.awaitEcho("www");
    roles.awaitLog("service withdrawn", "service=web");
    assertEchoes(visitor, "after");
    assertSameSession();
  }

  @Test
  void eachServiceThatWasMissingAtALoginIsOfferedAgain() throws Exception {
    addSsh();
    roles.restartRemote("mail=127.0.0.1:0");
    roles.awaitLog("offer declined", "service=web", "it has [mail]");
    roles.awaitLog("offer declined", "service=ssh", "it has [mail]");
    roles.reloadRemote(WEB);
    roles.awaitEcho("web");
    roles.reloadRemote(WEB, SSH);
    roles.awaitEcho("ssh");
  }

  @Test
  void serviceChangesItsType() throws Exception {
    try (UdpServer echo = UdpServer.echo()) {
      roles.reloadRemote("web=udp:127.0.0.1:0");
      roles.reloadOrigin("web=udp:" + echo.address());
      try (var client = new UdpClient(roles.remote().outsideAddresses().get("web"))) {
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(client.ask(new byte[] {1})).containsExactly(1));
      }
      assertEchoes(visitor, "after");
      roles.reloadOrigin(at("web"));
      roles.reloadRemote(WEB);
      roles.awaitEcho("web");
    }
  }

  @Test
  void manyServicesAreAddedAndRemovedAtOnce() throws Exception {
    List<String> outside = new ArrayList<>(List.of(WEB));
    List<String> origins = new ArrayList<>(List.of(at("web")));
    for (int i = 0; i < 300; i++) {
      outside.add("s" + i + "=127.0.0.1:0");
      origins.add(at("s" + i));
    }
    roles.reloadRemote(outside.toArray(String[]::new));
    roles.reloadOrigin(origins.toArray(String[]::new));
    roles.awaitEcho("s299");
    roles.reloadOrigin(at("web"));
    awaitUnserved("s299");
    roles.reloadRemote(WEB);
    assertEchoes(visitor, "after");
    assertSameSession();
  }

  /** A remote proxy at another address is another one, also if it is the same process. */
  @Test
  void addressOfAnAddedServiceHasTheHostOfTheSessionThatServesIt() throws Exception {
    HostPort control = roles.remote().controlAddress();
    var moved = new RemoteAddress.Direct(new HostPort("localhost", control.port()));
    roles.reloadRemote(WEB, "ssh=0.0.0.0:0");
    roles.origin().reload(usual.originSettings(moved, at("web"), at("ssh")));
    roles.awaitLog(
        "serving visitors", "service=ssh", "address=localhost:", "remote_proxy=localhost:");
    assertEchoes(visitor, "still connected");
  }
}
