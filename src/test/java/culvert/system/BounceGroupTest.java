package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BounceAuthentication;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.PortRange;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.bounce.BounceClientHandshake;
import culvert.protocol.bounce.BounceGreeting;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both proxies meet in a channel group at a bounce server; any of the three can fail. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class BounceGroupTest {

  private static final String AUTHENTICATION = "hello";
  private static final int GROUP = 0xac;
  private static final int BULK_BYTES = 64 << 20;

  private PairingBounceServer bounce;

  @BeforeEach
  void open() throws IOException {
    bounce = new PairingBounceServer(AUTHENTICATION);
  }

  @AfterEach
  void close() {
    bounce.close();
  }

  private GroupAddress group(int number) {
    return new GroupAddress(TransportKind.PLAIN, bounce.address(), new GroupNumber(number));
  }

  private static BounceCredentials access(String authentication) {
    return new BounceCredentials(
        Optional.of(BounceAuthentication.of(authentication)),
        Optional.empty(),
        WebSocketSettings.DEFAULT);
  }

  private static RolePair.Options options(String authentication, GroupAddress... groups) {
    return new RolePair.Options().meeting(access(authentication), groups).retrying();
  }

  private RolePair.Options options() {
    return options(AUTHENTICATION, group(GROUP));
  }

  private static void assertEchoes(RemoteProxy remote) throws Exception {
    HostPort outside = remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME);
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          try (Socket visitor = new Socket(outside.host(), outside.port())) {
            visitor.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            visitor.shutdownOutput();
            assertThat(visitor.getInputStream().readAllBytes()).hasSize(5);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void visitorReachesTheOriginServerAndItsAddressIsLogged() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).hasSize(5);
      tunnel.awaitLog("group joined", "meeting=" + group(GROUP));
      tunnel.awaitLog("session started", "remote_proxy=" + group(GROUP));
      tunnel.awaitLog("relay ended", "visitor=127.0.0.1:" + visitor.getLocalPort(), "reason=done");
      assertThat(tunnel.log()).doesNotContain(AUTHENTICATION + " ").doesNotContain("WARN");
    }
  }

  @Test
  void concurrentBulkAndHalfClosesPassInBothDirections() throws Exception {
    long seed = Seed.random("BounceGroupTest").nextLong();
    var heard = new CompletableFuture<Long>();
    try (var server =
            new TestServer(c -> {
              Thread answer =
                  Thread.ofVirtual()
                      .start(() -> {
                        try {
                          new RandomBytes(~seed).send(c.getOutputStream(), BULK_BYTES);
                          c.shutdownOutput();
                        } catch (IOException e) {
                          heard.completeExceptionally(e);
                        }
                      });
              heard.complete(RandomBytes.receive(c.getInputStream()));
              answer.join();
            });
        var tunnel = RolePair.to(server.address(), options());
        Socket visitor = tunnel.visit()) {
      var sent = new CompletableFuture<Long>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              long sum = new RandomBytes(seed).send(visitor.getOutputStream(), BULK_BYTES).sum();
              visitor.shutdownOutput();
              sent.complete(sum);
            } catch (IOException e) {
              sent.completeExceptionally(e);
            }
          });
      long answer = RandomBytes.receive(visitor.getInputStream());
      assertThat(answer)
          .isEqualTo(
              new RandomBytes(~seed).send(OutputStream.nullOutputStream(), BULK_BYTES).sum());
      assertThat(heard.get()).isEqualTo(sent.get());
    }
  }

  @Test
  void interruptedDownloadIsNeverReportedAsComplete() throws Exception {
    try (var server =
            new TestServer(c -> {
              c.getInputStream().read();
              c.getOutputStream().write(new byte[1000]);
              c.setSoLinger(true, 0);
            });
        var tunnel = RolePair.to(server.address(), options());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(1);
      assertThatThrownBy(() -> visitor.getInputStream().readAllBytes())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void twoHundredConcurrentVisitorsAreServed() throws Exception {
    List<Socket> visitors = new ArrayList<>();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options())) {
      for (int i = 0; i < 200; i++) {
        visitors.add(tunnel.visit());
      }
      for (int i = 0; i < 200; i++) {
        visitors.get(i).getOutputStream().write(i);
      }
      for (int i = 0; i < 200; i++) {
        assertThat(visitors.get(i).getInputStream().read()).isEqualTo(i);
      }
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  @Test
  void pairServesAgainAfterTheBounceServerRestarts() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options());
        var origin = parts.origin(server.address(), options(), group(GROUP))) {
      assertEchoes(remote);
      for (int i = 1; i <= 2; i++) {
        HostPort where = bounce.address();
        bounce.close();
        int outages = i;
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(failedJoins(parts)).isGreaterThanOrEqualTo(outages));
        bounce =
            new PairingBounceServer(where, AUTHENTICATION, TransportKind.PLAIN, Optional.empty());
        assertEchoes(remote);
        assertThat(failedJoins(parts)).isEqualTo(i);
      }
      assertThat(origin.isRunning()).isTrue();
    }
  }

  /** Returns the number of log lines which report that the group cannot be joined. */
  private static long failedJoins(SeparateRoles parts) {
    return parts.log().lines().filter(line -> line.contains("group not joined")).count();
  }

  @Test
  void nextOriginProxyServesAfterTheFirstFails() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options())) {
      for (int i = 0; i < 3; i++) {
        try (var origin = parts.origin(server.address(), options(), group(GROUP))) {
          assertEchoes(remote);
          assertThat(origin.isRunning()).isTrue();
        }
      }
      assertThat(parts.log()).doesNotContain("group not joined").doesNotContain("session lost");
    }
  }

  @Test
  void pairServesAgainAfterTheRemoteProxyRestarts() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var origin = parts.origin(server.address(), options(), group(GROUP))) {
      for (int i = 0; i < 3; i++) {
        try (var remote = parts.remote(options())) {
          assertEchoes(remote);
        }
      }
      assertThat(origin.isRunning()).isTrue();
    }
  }

  @Test
  void originProxyCanJoinTheGroupFirst() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var origin = parts.origin(server.address(), options(), group(GROUP))) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.joined()).isEqualTo(1));
      try (var remote = parts.remote(options())) {
        assertEchoes(remote);
      }
      assertThat(origin.isRunning()).isTrue();
    }
  }

  @Test
  void originProxyAloneInTheGroupLogsItAndLeaves() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var origin =
            parts.origin(
                server.address(), options().handshake(Duration.ofMillis(200)), group(GROUP))) {
      parts.awaitLog("no handshake within 200ms: there may be no remote proxy in the group");
      Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.joined()).isGreaterThan(2));
      assertThat(origin.isRunning()).isTrue();
    }
  }

  @Test
  void twoOriginProxiesInOneGroupLogIt() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var first = parts.origin(server.address(), options().name("first"), group(GROUP));
        var second = parts.origin(server.address(), options().name("second"), group(GROUP))) {
      parts.awaitLog("session not started", "another origin proxy in the group");
      assertThat(first.isRunning()).isTrue();
      assertThat(second.isRunning()).isTrue();
    }
  }

  @Test
  void twoOriginProxiesServeInTwoGroups() throws Exception {
    var both = options(AUTHENTICATION, group(1), group(2));
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(both);
        var first = parts.origin(server.address(), options().name("first").shared(), group(1));
        var second = parts.origin(server.address(), options().name("second").shared(), group(2))) {
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(remote.counters().get(Counter.SESSIONS)).isEqualTo(2));
      first.stop();
      assertEchoes(remote);
      second.stop();
    }
  }

  @Test
  void memberThatSendsGarbageIsRejectedAndTheNextPairServes() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options())) {
      for (String junk : List.of("GET / HTTP/1.1\r\n\r\n", "CULVERT\nxxxxxxxxxxxxxxxxxxxxxxx")) {
        long before = bounce.joined();
        try (Socket member = join()) {
          member.getOutputStream().write(junk.getBytes(StandardCharsets.US_ASCII));
          member.shutdownOutput();
          member.getInputStream().readAllBytes();
        } catch (SocketException e) {
          // Rejected with a reset.
        }
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(bounce.joined()).isGreaterThan(before + 1));
      }
      parts.awaitLog("foreign protocol rejected", "an HTTP client");
      // One source causes one line only.
      assertThat(remote.counters().get(Counter.FOREIGN_PEERS)).isEqualTo(1);
      assertThat(remote.counters().get(Counter.PROTOCOL_ERRORS)).isEqualTo(1);
      try (var origin = parts.origin(server.address(), options(), group(GROUP))) {
        assertEchoes(remote);
        assertThat(origin.isRunning()).isTrue();
      }
    }
  }

  /** A client of bore needs a connection for each visitor, and a group has one at a time. */
  @Test
  void boreClientsAreServedAtTheControlAddressOnly() throws Exception {
    var options = options().boreAtControl(PortRange.parse("127.0.0.1:20000-29999"));
    try (var parts = new SeparateRoles();
        var remote = parts.remoteWithControl(options);
        Socket member = join()) {
      member.getOutputStream().write("{\"Hello\":0}\0".getBytes(StandardCharsets.US_ASCII));
      parts.awaitLog("foreign protocol rejected", "a bore client");
      assertThat(remote.counters().get(Counter.FOREIGN_PEERS)).isEqualTo(1);
    }
  }

  @Test
  void memberWithAnIncompleteHandshakeTimesOut() throws Exception {
    try (var parts = new SeparateRoles();
        var remote = parts.remote(options().handshake(Duration.ofMillis(200)))) {
      try (Socket member = join()) {
        member.getOutputStream().write('C');
        assertThat(read(member)).isEqualTo(-1);
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(remote.counters().get(Counter.SLOW_HANDSHAKES)).isEqualTo(1));
    }
  }

  @Test
  void remoteProxyWaitsForASilentMemberUntilItStops() throws Exception {
    try (var parts = new SeparateRoles();
        var remote = parts.remote(options().handshake(Duration.ofMillis(50)))) {
      try (Socket member = join()) {
        Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.members()).isEqualTo(2));
        assertThat(remote.counters().get(Counter.SLOW_HANDSHAKES)).isZero();
        remote.drain(Duration.ZERO);
        assertThat(read(member)).isEqualTo(-1);
      }
    }
  }

  /** Returns the next byte, or -1 at an end of stream or a reset. */
  private static int read(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read();
    } catch (SocketException e) {
      return -1;
    }
  }

  /** Joins the group as a member with the authentication string. */
  private Socket join() throws Exception {
    Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.members()).isEqualTo(1));
    Socket socket = TestClient.dial(bounce.address());
    BounceClientHandshake.join(
        socket.getInputStream(),
        socket.getOutputStream(),
        BounceGreeting.AS_IMPLEMENTED,
        AUTHENTICATION.getBytes(StandardCharsets.UTF_8),
        GROUP);
    return socket;
  }

  @Test
  void wrongSecretIsRejectedWithAReasonAndTheRemoteProxyStays() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options())) {
      try (var wrong =
          parts.origin(
              server.address(), options().secrets(RolePair.SECRET, "wrong"), group(GROUP))) {
        assertThat(wrong.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
        parts.awaitLog("origin proxy rejected", "the secret is wrong");
      }
      try (var right = parts.origin(server.address(), options(), group(GROUP))) {
        assertEchoes(remote);
        assertThat(right.isRunning()).isTrue();
      }
    }
  }

  @Test
  void wrongAuthenticationStringIsLoggedOnBothSides() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options("helli", group(GROUP)));
        var origin = parts.origin(server.address(), options("h3llo", group(GROUP)), group(GROUP))) {
      assertThat(origin.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      parts.awaitLog("group not joined", "refused the authentication string");
      parts.awaitLog("login refused by bounce server", "refused the authentication string");
      assertThat(parts.log()).doesNotContain("helli").doesNotContain("h3llo");
      assertThat(remote.counters().get(Counter.SESSIONS)).isZero();
    }
  }

  @Test
  void drainingRemoteProxyLeavesTheGroupAndItsVisitorsFinish() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remote(options());
        var origin = parts.origin(server.address(), options(), group(GROUP))) {
      assertEchoes(remote);
      HostPort outside = remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME);
      try (Socket visitor = new Socket(outside.host(), outside.port())) {
        visitor.getOutputStream().write('a');
        assertThat(visitor.getInputStream().read()).isEqualTo('a');
        var drained = new CompletableFuture<Boolean>();
        Thread.ofVirtual().start(() -> drained.complete(remote.drain(RolePair.LIMIT)));
        parts.awaitLog("remote proxy stopping");
        visitor.getOutputStream().write('b');
        assertThat(visitor.getInputStream().read()).isEqualTo('b');
        visitor.shutdownOutput();
        assertThat(visitor.getInputStream().read()).isEqualTo(-1);
        assertThat(drained.get()).isTrue();
      }
      origin.stop();
    }
  }

  @Test
  void remoteProxyServesAControlAddressAndAGroup() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remoteWithControl(options());
        var far = parts.origin(server.address(), options().name("far").shared(), group(GROUP));
        var near =
            parts.origin(
                server.address(),
                new RolePair.Options().retrying().name("near").shared(),
                new RemoteAddress.Direct(remote.controlAddress()))) {
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(remote.counters().get(Counter.SESSIONS)).isEqualTo(2));
      far.stop();
      assertEchoes(remote);
      near.stop();
    }
  }

  /** A bounce server's host is not the host of a remote proxy that listens on every address. */
  @Test
  void wildcardAddressIsAnnouncedUnchanged() throws Exception {
    try (var server = TestServer.echo();
        var parts = new SeparateRoles();
        var remote = parts.remoteOnEveryAddress(options());
        var origin = parts.origin(server.address(), options(), group(GROUP))) {
      int port = remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME).port();
      assertThat(origin.announced()).isEqualTo("default=0.0.0.0:" + port);
    }
  }

  /** Two members of the remote proxy would leave no place for the origin proxy. */
  @Test
  void groupThatIsRemovedAndAddedAgainIsJoinedOnce() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options())) {
      var before = tunnel.remote().settings();
      tunnel.remote().reload(options(AUTHENTICATION, group(GROUP + 1)).remoteSettings());
      tunnel.remote().reload(before);
      assertThat(Threads.live()).filteredOn(("group " + group(GROUP))::equals).hasSize(1);
      assertEchoes(tunnel.remote());
    }
  }
}
