package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.PortRange;
import culvert.config.ServiceRules;
import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.RunningRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Networks that are allowed and denied, for new and for connected visitors. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class VisitorNetworksTest {

  private static final String ONE = "127.0.0.1";
  private static final String TWO = "127.0.0.2";
  private static final String WEB = "web=127.0.0.1:0";
  private static final String SSH = "ssh=127.0.0.1:0";
  private static final String DNS = "dns=udp:127.0.0.1:0";
  private static final byte[] PING = {'p'};

  private final RolePair.Options options = new RolePair.Options().everyLine();

  private void setRules(PerService<Cidr> allowed, PerService<Cidr> denied) {
    options.rules(
        new ServiceRules(
            NetworkRules.of(allowed, denied),
            PerService.none(),
            PerService.none(),
            PerService.none()));
  }

  private void allow(String... networks) {
    setRules(Rules.networks(networks), PerService.none());
  }

  private void deny(String... networks) {
    setRules(PerService.none(), Rules.networks(networks));
  }

  private static Socket visit(RunningRoles roles, String service, String source)
      throws IOException {
    return TestClient.dial(roles.remote().outsideAddresses().get(service), source);
  }

  private static void assertServed(RunningRoles roles, String service, String source)
      throws IOException {
    try (Socket visitor = visit(roles, service, source)) {
      assertEchoes(visitor, "hello");
    }
  }

  private static void assertReset(Socket visitor) {
    assertThatThrownBy(() -> assertThat(visitor.getInputStream().read()).isEqualTo(-1))
        .isInstanceOf(IOException.class);
  }

  private static void assertDenied(RunningRoles roles, String service, String source)
      throws IOException {
    try (Socket visitor = visit(roles, service, source)) {
      assertReset(visitor);
    }
  }

  /** A visitor is counted after its reset. */
  private static void awaitDenied(RunningRoles roles, int count) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(roles.remote().counters().get(Counter.VISITORS_DENIED)).isEqualTo(count));
  }

  @Test
  void visitorOfADeniedNetworkIsResetAndOthersAreServed() throws Exception {
    deny(TWO);
    try (TestServer server = TestServer.echo();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address())) {
      assertDenied(roles, "web", TWO);
      assertServed(roles, "web", ONE);
      roles.awaitLog("visitor reset", "visitor=" + TWO, "service=web", "reason=denied");
      awaitDenied(roles, 1);
    }
  }

  @Test
  void networksOfAServiceAreForItsVisitorsOnly() throws Exception {
    allow("web=" + ONE + "/32", "ssh=127.0.0.2/31");
    try (TestServer server = TestServer.echo();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + server.address())) {
      assertServed(roles, "web", ONE);
      assertDenied(roles, "web", TWO);
      assertDenied(roles, "ssh", ONE);
      assertServed(roles, "ssh", TWO);
    }
  }

  /** The visitor that is served holds the only place. */
  @Test
  void deniedVisitorTakesNoPlace() throws Exception {
    deny(TWO);
    options.maxVisitors(1);
    try (TestServer server = TestServer.echo();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket visitor = visit(roles, "web", ONE)) {
      assertEchoes(visitor, "hello");
      assertDenied(roles, "web", TWO);
      awaitDenied(roles, 1);
      assertThat(roles.remote().counters().get(Counter.VISITORS_OVER_LIMIT)).isZero();
    }
  }

  /** The load balancer's own address is denied. */
  @Test
  void addressOfTheRequiredProxyHeaderDecides() throws Exception {
    deny("127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32");
    options.proxyHeaderFromLoopback();
    try (TestServer server = TestServer.echo();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address())) {
      try (Socket visitor = visitBehindProxy(roles, "TCP4 198.51.100.7 203.0.113.1")) {
        assertEchoes(visitor, "hello");
      }
      for (String denied :
          new String[] {
            "TCP4 192.0.2.7 203.0.113.1",
            "TCP6 ::ffff:192.0.2.7 ::ffff:203.0.113.1",
            "TCP6 2001:db8::7 2001:db9::1"
          }) {
        try (Socket visitor = visitBehindProxy(roles, denied)) {
          assertReset(visitor);
        }
      }
      awaitDenied(roles, 3);
    }
  }

  private static Socket visitBehindProxy(RunningRoles roles, String addresses) throws IOException {
    Socket visitor = roles.visit("web");
    String header = "PROXY " + addresses + " 4711 80\r\n";
    visitor.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
    return visitor;
  }

  @Test
  void portOnRequestHasTheNetworksOfNoService() throws Exception {
    deny(TWO);
    options.outsidePort(PortRange.parse("0.0.0.0:20000-29999"), 0);
    try (TestServer server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options)) {
      HostPort port = portOf(tunnel);
      try (Socket visitor = TestClient.dial(port, ONE)) {
        assertEchoes(visitor, "hello");
      }
      try (Socket visitor = TestClient.dial(port, TWO)) {
        assertReset(visitor);
      }
      tunnel.awaitLog("visitor reset", "service=default:" + port.port(), "reason=denied");
    }
  }

  private static HostPort portOf(RolePair tunnel) throws Exception {
    tunnel.awaitLog("service offered", "service=default:");
    Matcher line = Pattern.compile("service=default:(\\d+)").matcher(tunnel.log());
    assertThat(line.find()).as(tunnel.log()).isTrue();
    return new HostPort(ONE, Integer.parseInt(line.group(1)));
  }

  @Test
  void reloadResetsConnectedVisitorsOfANetworkThatItDenies() throws Exception {
    try (TestServer server = TestServer.echo();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket stays = visit(roles, "web", ONE);
        Socket ends = visit(roles, "web", TWO)) {
      assertEchoes(stays, "before");
      assertEchoes(ends, "before");
      deny("web=" + TWO);
      roles.reloadRemote(WEB);
      assertReset(ends);
      assertDenied(roles, "web", TWO);
      assertEchoes(stays, "after");
      assertServed(roles, "web", ONE);
      options.rules(ServiceRules.NONE);
      roles.reloadRemote(WEB);
      assertServed(roles, "web", TWO);
      assertEchoes(stays, "at last");
    }
  }

  /**
   * The listener accepted it under the rules of the service, which are removed with the service.
   */
  @Test
  void removalOfAServiceDoesNotOpenItToAVisitorWhoseHeaderArrivesLater() throws Exception {
    options.proxyHeaderFromLoopback();
    allow("ssh=198.51.100.0/24");
    try (TestServer server = TestServer.echo();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + server.address());
        Socket visitor = roles.visit("ssh")) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(roles.remote().visitors()).isEqualTo(1));
      options.rules(ServiceRules.NONE);
      roles.reloadRemote(WEB);
      visitor
          .getOutputStream()
          .write(
              "PROXY TCP4 192.0.2.7 203.0.113.1 4711 22\r\n".getBytes(StandardCharsets.US_ASCII));
      assertReset(visitor);
      awaitDenied(roles, 1);
    }
  }

  @Test
  void visitorOfARemovedServiceStaysUntilItIsDeniedToAllServices() throws Exception {
    allow("ssh=" + TWO);
    try (TestServer server = TestServer.echo();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + server.address());
        Socket visitor = visit(roles, "ssh", TWO)) {
      assertEchoes(visitor, "before");
      allow(ONE);
      roles.reloadRemote(WEB);
      assertEchoes(visitor, "removed");
      deny(TWO);
      roles.reloadRemote(WEB);
      assertReset(visitor);
    }
  }

  /** It has no stream, and its thread waits for the header. */
  @Test
  void reloadDeniesAVisitorWhoseHeaderArrivesLater() throws Exception {
    options.proxyHeaderFromLoopback();
    try (TestServer server = TestServer.echo();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket visitor = roles.visit("web")) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(roles.remote().visitors()).isEqualTo(1));
      deny("192.0.2.7");
      roles.reloadRemote(WEB);
      visitor
          .getOutputStream()
          .write(
              "PROXY TCP4 192.0.2.7 203.0.113.1 4711 80\r\n".getBytes(StandardCharsets.US_ASCII));
      assertReset(visitor);
    }
  }

  @Test
  void datagramsOfADeniedNetworkAreDropped() throws Exception {
    deny("dns=" + TWO);
    try (UdpServer echo = UdpServer.echo();
        var roles = new RunningRoles(options, DNS).join("dns=udp:" + echo.address());
        var one = visitor(roles, ONE);
        var two = visitor(roles, TWO)) {
      two.send(PING);
      assertThat(one.ask(PING)).isEqualTo(PING);
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(roles.remote().counters().get(Counter.DATAGRAMS_DENIED)).isEqualTo(1));
      roles.awaitLog("datagram dropped", "visitor=" + TWO, "service=dns", "reason=denied");
      assertThat(roles.remote().flows()).isEqualTo(1);
    }
  }

  @Test
  void reloadEndsTheFlowsOfANetworkThatItDenies() throws Exception {
    try (UdpServer echo = UdpServer.echo();
        var roles = new RunningRoles(options, DNS).join("dns=udp:" + echo.address());
        var one = visitor(roles, ONE);
        var two = visitor(roles, TWO)) {
      assertThat(one.ask(PING)).isEqualTo(PING);
      assertThat(two.ask(PING)).isEqualTo(PING);
      allow("dns=" + ONE);
      roles.reloadRemote(DNS);
      roles.awaitLog("flow ended", "visitor=" + TWO, "reason=denied");
      assertThat(one.ask(PING)).isEqualTo(PING);
      two.send(PING);
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(roles.remote().counters().get(Counter.DATAGRAMS_DENIED)).isEqualTo(1));
      assertThat(roles.remote().flows()).isEqualTo(1);
      options.rules(ServiceRules.NONE);
      roles.reloadRemote(DNS);
      assertThat(two.ask(PING)).isEqualTo(PING);
    }
  }

  private static UdpClient visitor(RunningRoles roles, String source) throws IOException {
    return new UdpClient(
        roles.remote().outsideAddresses().get("dns"), InetAddress.getByName(source));
  }
}
