package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.Secret;
import culvert.config.ServiceRules;
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
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The bandwidth of a service, and of a client, for its visitors together. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BandwidthTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final String SSH = "ssh=127.0.0.1:0";
  private static final String DNS = "dns=udp:127.0.0.1:0";

  /** An answer whose bytes beyond the burst take half a second at the rate. */
  private static final int ANSWER = 80_000;

  private static final String RATE = "web=100000";
  private static final Duration HALF = Duration.ofMillis(400);

  private final String secret = Secret.generate();
  private final RolePair.Options options = new RolePair.Options();

  private void setBandwidth(String... values) {
    options.rules(
        new ServiceRules(
            NetworkRules.NONE, PerService.none(), Rules.bandwidths(values), PerService.none()));
  }

  /** Returns a server that answers each byte with many. */
  private static TestServer downloads() throws IOException {
    return new TestServer(connection -> {
      while (connection.getInputStream().read() >= 0) {
        connection.getOutputStream().write(new byte[ANSWER]);
      }
    });
  }

  private static Duration download(Socket visitor) throws IOException {
    long begin = System.nanoTime();
    visitor.getOutputStream().write(1);
    assertThat(visitor.getInputStream().readNBytes(ANSWER)).hasSize(ANSWER);
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Test
  void visitorsOfAServiceShareItsBandwidth() throws Exception {
    setBandwidth(RATE);
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket one = roles.visit("web");
        Socket two = roles.visit("web")) {
      assertShareARate(one, two);
    }
  }

  private static void assertShareARate(Socket one, Socket two) throws IOException {
    long begin = System.nanoTime();
    two.getOutputStream().write(1);
    assertThat(download(one)).isGreaterThan(HALF);
    assertThat(two.getInputStream().readNBytes(ANSWER)).hasSize(ANSWER);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(HALF.multipliedBy(2));
  }

  /** Both services are on one link, whose reader must not wait for a visitor. */
  @Test
  void serviceAtItsLimitDelaysNoOther() throws Exception {
    setBandwidth("web=1K");
    try (TestServer server = downloads();
        TestServer echo = TestServer.echo();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + echo.address());
        Socket slow = roles.visit("web")) {
      for (int i = 0; i < 20; i++) {
        slow.getOutputStream().write(1);
      }
      assertThat(slow.getInputStream().read()).isZero();
      long begin = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        try (Socket visitor = roles.visit("ssh")) {
          assertEchoes(visitor, "x".repeat(100_000 / 8));
        }
      }
      Duration passed = Duration.ofNanos(System.nanoTime() - begin);
      assertThat(passed).as("without the limit").isLessThan(Duration.ofSeconds(20));
      assertThat(slow.getInputStream().available())
          .as("with the limit")
          .isLessThanOrEqualTo((int) (1024 * (passed.toSeconds() + 2)));
    }
  }

  private void setClient(Optional<String> bandwidth) {
    options
        .asClient("vienna", secret)
        .clients(
            new ClientSettings(
                "vienna",
                Secret.of(secret),
                List.of("*"),
                List.of(),
                bandwidth.map(ByteCount::parse)));
  }

  @Test
  void servicesOfAClientShareItsBandwidth() throws Exception {
    setClient(Optional.of("100000"));
    try (TestServer server = downloads();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + server.address());
        Socket one = roles.visit("web");
        Socket two = roles.visit("ssh")) {
      assertShareARate(one, two);
    }
  }

  /** Each is of an origin proxy with a name of its own. */
  @Test
  void sessionsOfAClientShareItsBandwidth() throws Exception {
    setClient(Optional.of("100000"));
    var ofOther = new RolePair.Options().asClient("vienna", secret).name("other").offered("ssh");
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB, SSH).join("web=" + server.address());
        var other = new RolePair(server.address(), ofOther, roles.controlAddress().dialled())) {
      other.join();
      other.awaitLog("session started");
      try (Socket one = roles.visit("web");
          Socket two = roles.visit("ssh")) {
        assertShareARate(one, two);
      }
    }
  }

  @Test
  void lowerLimitOfServiceAndClientApplies() throws Exception {
    setBandwidth("web=1G");
    setClient(Optional.of("100000"));
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket visitor = roles.visit("web")) {
      assertThat(download(visitor)).isGreaterThan(HALF);
      setBandwidth(RATE);
      setClient(Optional.of("1G"));
      roles.reloadRemote(WEB);
      assertThat(download(visitor)).isGreaterThan(HALF);
    }
  }

  /** Each download took its first bytes at once, with buckets of its own. */
  @Test
  void shortConnectionsOneAfterTheOtherHaveTheRateTogether() throws Exception {
    setBandwidth(RATE);
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address())) {
      long begin = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        try (Socket visitor = roles.visit("web")) {
          visitor.getOutputStream().write(1);
          assertThat(visitor.getInputStream().readNBytes(5000)).hasSize(5000);
        }
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(600));
    }
  }

  /** Each of them had reserved bytes, which delayed all later visitors by ten seconds. */
  @Test
  void visitorsThatRequestAndResetDelayNoOther() throws Exception {
    setBandwidth(RATE);
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address())) {
      for (int i = 0; i < 200; i++) {
        Socket visitor = roles.visit("web");
        visitor.getOutputStream().write(1);
        visitor.setSoLinger(true, 0);
        visitor.close();
      }
      try (Socket visitor = roles.visit("web")) {
        assertThat(download(visitor)).isLessThan(Duration.ofSeconds(6));
      }
    }
  }

  @Test
  void connectionsOfOneSourceLeaveItsPartToAnother() throws Exception {
    setBandwidth(RATE);
    var many = new ArrayList<Socket>();
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address())) {
      for (int i = 0; i < 50; i++) {
        Socket one = TestClient.dial(roles.remote().outsideAddresses().get("web"), "127.0.0.2");
        many.add(one);
        one.getOutputStream().write(1);
      }
      try (Socket visitor = roles.visit("web")) {
        // A fair part of all connections would take 40 s.
        assertThat(download(visitor)).isLessThan(Duration.ofSeconds(10));
      }
    } finally {
      for (Socket one : many) {
        one.close();
      }
    }
  }

  /** The download always had the next bytes reserved, so that hardly a datagram passed. */
  @Test
  void datagramsPassBesideADownloadOfTheirClientUpToItsBandwidth() throws Exception {
    setClient(Optional.of("10K"));
    byte[] datagram = new byte[100];
    try (TestServer server = downloads();
        UdpServer echo = UdpServer.echo();
        var roles =
            new RunningRoles(options, WEB, DNS)
                .join("web=" + server.address(), "dns=udp:" + echo.address());
        Socket web = roles.visit("web");
        var dns = new UdpClient(roles.remote().outsideAddresses().get("dns"))) {
      web.getOutputStream().write(1);
      assertThat(web.getInputStream().read()).isZero();
      for (int i = 0; i < 20; i++) {
        assertThat(dns.ask(datagram)).isEqualTo(datagram);
      }
      assertThat(roles.remote().counters().get(Counter.DATAGRAMS_DROPPED)).isZero();
      for (int i = 0; i < 20; i++) {
        dns.send(new byte[10_000]);
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(roles.remote().counters().get(Counter.DATAGRAMS_DROPPED)).isPositive());
      setClient(Optional.empty());
      roles.reloadRemote(WEB, DNS);
      assertThat(web.getInputStream().readNBytes(ANSWER - 1)).hasSize(ANSWER - 1);
      byte[] last = {1, 2, 3};
      dns.send(last);
      assertThat(dns.isReceived(last, RolePair.LIMIT)).isTrue();
    }
  }

  @Test
  void reloadLimitsAndReleasesConnectedVisitors() throws Exception {
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket visitor = roles.visit("web")) {
      download(visitor);
      setBandwidth(RATE);
      roles.reloadRemote(WEB);
      assertThat(download(visitor)).isGreaterThan(HALF);
      setBandwidth("web=1K");
      roles.reloadRemote(WEB);
      visitor.getOutputStream().write(1);
      assertThat(visitor.getInputStream().read()).isZero();
      options.rules(ServiceRules.NONE);
      roles.reloadRemote(WEB);
      assertThat(visitor.getInputStream().readNBytes(ANSWER - 1)).hasSize(ANSWER - 1);
    }
  }

  @Test
  void valueOfAllServicesIsForEachByItself() throws Exception {
    setBandwidth("100000", "ssh=1G");
    try (TestServer server = downloads();
        var roles =
            new RunningRoles(options, WEB, SSH)
                .join("web=" + server.address(), "ssh=" + server.address());
        Socket web = roles.visit("web");
        Socket ssh = roles.visit("ssh")) {
      assertThat(download(web)).isGreaterThan(HALF);
      for (int i = 0; i < 20; i++) {
        download(ssh);
      }
    }
  }

  @Test
  void stopEndsVisitorsWhoseBytesWait() throws Exception {
    setBandwidth("web=1K");
    options.retrying();
    try (TestServer server = downloads();
        var roles = new RunningRoles(options, WEB).join("web=" + server.address());
        Socket visitor = roles.visit("web")) {
      visitor.getOutputStream().write(1);
      assertThat(visitor.getInputStream().read()).isZero();
      roles.remote().close();
      assertThat(roles.remote().visitors()).isZero();
    }
  }

  @Test
  void datagramsBeyondTheBandwidthAreDropped() throws Exception {
    setBandwidth("dns=1K");
    byte[] datagram = new byte[1000];
    try (UdpServer echo = UdpServer.echo();
        var roles = new RunningRoles(options, DNS).join("dns=udp:" + echo.address());
        var visitor = new UdpClient(roles.remote().outsideAddresses().get("dns"))) {
      assertThat(visitor.ask(datagram)).isEqualTo(datagram);
      for (int i = 0; i < 20; i++) {
        visitor.send(datagram);
      }
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThat(roles.remote().counters().get(Counter.DATAGRAMS_DROPPED))
                  .isGreaterThanOrEqualTo(15));
      options.rules(ServiceRules.NONE);
      roles.reloadRemote(DNS);
      byte[] last = {1, 2, 3};
      visitor.send(last);
      assertThat(visitor.isReceived(last, RolePair.LIMIT)).isTrue();
    }
  }
}
