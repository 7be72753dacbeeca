package culvert.remote;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Listeners that are opened, moved and closed while the remote proxy serves visitors. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ListenerChangeTest {

  private static final String WEB = "web=127.0.0.1:0";

  private TestServer server;
  private RunningRoles roles;
  private Socket visitor;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    roles = new RunningRoles(new RolePair.Options().retrying(), WEB);
    roles.join("web=" + server.address());
    visitor = roles.visit("web");
    assertEchoes(visitor, "before");
  }

  @AfterEach
  void close() throws Exception {
    visitor.close();
    roles.close();
    server.close();
  }

  private static void assertRefused(HostPort address) {
    assertThatThrownBy(() -> TestClient.dial(address).close()).isInstanceOf(IOException.class);
  }

  private static void assertReset(HostPort address) throws IOException {
    try (Socket unserved = TestClient.dial(address)) {
      assertThatThrownBy(() -> assertThat(unserved.getInputStream().read()).isEqualTo(-1))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void serviceIsAddedWhileAVisitorOfAnotherIsConnected() throws Exception {
    HostPort web = roles.remote().outsideAddresses().get("web");
    roles.reloadRemote(WEB, "ssh=127.0.0.1:0");
    assertThat(roles.remote().outsideAddresses()).containsOnlyKeys("web", "ssh").containsValue(web);
    assertReset(roles.remote().outsideAddresses().get("ssh"));
    assertEchoes(visitor, "after");
    roles.awaitEcho("web");
  }

  @Test
  void removedServiceAcceptsNoVisitorsAndKeepsThoseThatAreConnected() throws Exception {
    HostPort web = roles.remote().outsideAddresses().get("web");
    roles.reloadRemote("ssh=127.0.0.1:0");
    assertRefused(web);
    assertThat(roles.remote().outsideAddresses()).containsOnlyKeys("ssh");
    assertEchoes(visitor, "after");
    visitor.shutdownOutput();
    assertThat(visitor.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void sessionServesAServiceThatIsRemovedAndAddedAgain() throws Exception {
    roles.reloadRemote("ssh=127.0.0.1:0");
    roles.reloadRemote(WEB);
    roles.awaitEcho("web");
    assertEchoes(visitor, "after");
    assertThat(roles.log()).doesNotContain("session ended");
  }

  @Test
  void sessionServesAServiceWhoseTypeChangesAndReturns() throws Exception {
    roles.reloadRemote("web=udp:127.0.0.1:0");
    roles.reloadRemote(WEB);
    roles.awaitEcho("web");
    assertEchoes(visitor, "after");
    assertThat(roles.log()).doesNotContain("session ended");
  }

  @Test
  void boundAddressOfAnOpenedListenerIsLogged() throws Exception {
    roles.reloadRemote(WEB, "ssh=127.0.0.1:0");
    HostPort ssh = roles.remote().outsideAddresses().get("ssh");
    roles.awaitLog("listener opened", "listener=ssh", "address=" + ssh);
  }

  @Test
  void serviceMovesToAnotherPortWithItsSession() throws Exception {
    HostPort before = roles.remote().outsideAddresses().get("web");
    HostPort next = roles.reservePort();
    roles.reloadRemote("web=" + next);
    assertThat(roles.remote().outsideAddresses()).containsEntry("web", next);
    assertRefused(before);
    roles.awaitEcho("web");
    assertEchoes(visitor, "after");
  }

  @Test
  void portInUseAffectsItsServiceOnlyAndIsTriedAgain() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String taken = "127.0.0.1:" + other.getLocalPort();
      roles.reloadRemote(WEB, "ssh=" + taken, "dns=127.0.0.1:0");
      roles.awaitLog("listener not opened", "listener=ssh", "address=" + taken, "in use");
      assertThat(roles.remote().outsideAddresses()).containsOnlyKeys("web", "dns");
      assertEchoes(visitor, "after");
    }
    roles.awaitLog("listener opened", "listener=ssh");
    assertThat(roles.remote().outsideAddresses()).containsKey("ssh");
    assertThat(roles.log().lines().filter(line -> line.contains("listener not opened"))).hasSize(1);
  }

  /** The first login of an origin proxy whose service is not in the settings ends its process. */
  @Test
  void originProxyLogsInWhileThePortOfItsServiceIsInUse() throws Exception {
    RolePair.Options options = new RolePair.Options().name("desktop").offered("ssh");
    try (var separate = new SeparateRoles()) {
      SeparateRoles.Origin origin;
      try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
        roles.reloadRemote(WEB, "ssh=127.0.0.1:" + other.getLocalPort());
        roles.awaitLog("listener not opened", "listener=ssh");
        origin = separate.origin(server.address(), options, roles.controlAddress());
        origin.announced();
      }
      try (origin) {
        roles.awaitLog("listener opened", "listener=ssh");
        roles.awaitEcho("ssh");
      }
    }
  }

  @Test
  void serviceStaysAtItsPortUntilTheNextOneIsFree() throws Exception {
    HostPort before = roles.remote().outsideAddresses().get("web");
    HostPort next;
    try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      next = new HostPort("127.0.0.1", other.getLocalPort());
      roles.reloadRemote("web=" + next);
      assertThat(roles.remote().outsideAddresses()).containsEntry("web", before);
      roles.awaitEcho("web");
    }
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(roles.remote().outsideAddresses()).containsEntry("web", next));
    roles.awaitEcho("web");
    Eventually.within(RolePair.LIMIT, () -> assertRefused(before));
  }

  @Test
  void listenerWhoseHostIsNotOfThisMachineStaysAtTheOldOne() throws Exception {
    HostPort port = roles.reservePort();
    roles.reloadRemote("web=" + port);
    roles.reloadRemote("web=192.0.2.1:" + port.port());
    roles.awaitLog("listener not opened", "listener=web", "address=192.0.2.1:");
    roles.awaitEcho("web");
    assertThat(roles.remote().outsideAddresses()).containsEntry("web", port);
    roles.reloadRemote("web=0.0.0.0:" + port.port());
    assertThat(roles.remote().outsideAddresses().get("web").host()).isEqualTo("0.0.0.0");
    assertEchoes(visitor, "after");
  }

  @Test
  void twoServicesExchangeTheirPorts() throws Exception {
    HostPort one = roles.reservePort();
    HostPort two = roles.reservePort();
    roles.reloadRemote("web=" + one, "ssh=" + two);
    roles.reloadRemote("web=" + two, "ssh=" + one);
    assertThat(roles.remote().outsideAddresses()).containsEntry("web", two);
    assertThat(roles.remote().outsideAddresses()).containsEntry("ssh", one);
    roles.awaitEcho("web");
    assertReset(one);
  }

  @Test
  void controlAddressMovesAndTheSessionStays() throws Exception {
    HostPort before = roles.remote().controlAddress();
    HostPort next = roles.reservePort();
    roles.remote().reload(new RolePair.Options().remoteSettings(Optional.of(next), WEB));
    assertRefused(before);
    assertThat(roles.remote().controlAddress()).isEqualTo(next);
    TestClient.dial(next).close();
    roles.awaitEcho("web");
    assertEchoes(visitor, "after");
  }

  @Test
  void udpServiceReplacesATcpServiceOfItsName() throws Exception {
    HostPort port = roles.reservePort();
    roles.reloadRemote("web=" + port);
    roles.reloadRemote("web=udp:" + port);
    assertRefused(port);
    assertEchoes(visitor, "after");
    roles.reloadRemote("web=" + port);
    assertThat(roles.remote().outsideServices()).singleElement().hasToString("web=" + port);
    roles.awaitEcho("web");
  }

  @Test
  void udpServiceMovesWithItsSession() throws Exception {
    try (UdpServer echo = UdpServer.echo();
        var udp = new RunningRoles(new RolePair.Options(), "dns=udp:127.0.0.1:0")) {
      udp.join("dns=udp:" + echo.address());
      HostPort next = udp.reservePort();
      for (String address : new String[] {next.toString(), "0.0.0.0:" + next.port()}) {
        udp.reloadRemote("dns=udp:" + address);
        try (var client = new UdpClient(next)) {
          assertThat(client.ask("hello".getBytes())).asString().isEqualTo("hello");
        }
      }
    }
  }

  @Test
  void stoppedRoleOpensNoListenerThatIsTriedAgain() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      roles.reloadRemote(WEB, "ssh=127.0.0.1:" + other.getLocalPort());
      roles.awaitLog("listener not opened", "listener=ssh");
      roles.remote().close();
    }
    assertThat(roles.log()).doesNotContain("listener opened");
  }

  @Test
  void loweredLimitOfVisitorsKeepsThoseThatAreConnected() throws Exception {
    HostPort web = roles.remote().outsideAddresses().get("web");
    Optional<HostPort> control = Optional.of(roles.remote().controlAddress());
    roles.remote().reload(new RolePair.Options().maxVisitors(1).remoteSettings(control, WEB));
    assertReset(web);
    assertEchoes(visitor, "after");
    roles.reloadRemote(WEB);
    roles.awaitEcho("web");
  }
}
