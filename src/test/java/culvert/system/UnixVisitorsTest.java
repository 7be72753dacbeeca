package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.cli.RemoteEndpoints;
import culvert.config.ConnectionLimits;
import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.ServiceRules;
import culvert.config.ServiceValue;
import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.SocketMode;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import culvert.testing.UnixClient;
import culvert.testing.UnixServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Visitors of a service that the remote proxy serves at a Unix socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnixVisitorsTest {

  private static final PerService<Cidr> EVERY_NETWORK = ofAll(Cidr.parse("0.0.0.0/0"));

  @TempDir private Path folder;

  private final RolePair.Options options = new RolePair.Options();
  private Path path;
  private TestServer server;
  private RunningRoles roles;

  private static <T> PerService<T> ofAll(T value) {
    return PerService.of(List.of(new ServiceValue<>("", value)));
  }

  @BeforeEach
  void name() {
    path = folder.resolve("web.sock");
  }

  @AfterEach
  void close() throws Exception {
    if (roles != null) {
      roles.close();
    }
    server.close();
  }

  private static String web(Path at) {
    return "web=unix:" + at;
  }

  private void join(TestServer started) throws Exception {
    server = started;
    roles = new RunningRoles(options, web(path)).join("web=" + server.address());
    roles.awaitLog("serving visitors", "service=web");
  }

  private void setMode(String mode) {
    options.rules(
        new ServiceRules(
            NetworkRules.NONE,
            PerService.none(),
            PerService.none(),
            ofAll(SocketMode.parse(mode))));
  }

  @Test
  void visitorsAreServedUntilTheEnd() throws Exception {
    join(TestServer.echo());
    try (var one = new UnixClient(path);
        var two = new UnixClient(path)) {
      one.assertEchoes("hello");
      two.assertEchoes("x".repeat(100_000));
      one.assertEchoes("again");
    }
    roles.awaitLog("relay ended", "visitor=unix:", "service=web", "out=100000");
    assertThat(roles.remote().outsideServices()).singleElement().hasToString(web(path));
    assertThat(roles.remote().outsideAddresses()).isEmpty();
    roles.remote().close();
    assertThat(path).doesNotExist();
  }

  @Test
  void drainRemovesTheFileAndLetsVisitorsFinish() throws Exception {
    join(TestServer.echo());
    Thread draining;
    try (var visitor = new UnixClient(path)) {
      visitor.assertEchoes("before");
      draining = Threads.start("drain", () -> roles.remote().drain(RolePair.LIMIT));
      Eventually.within(RolePair.LIMIT, () -> assertThat(path).doesNotExist());
      visitor.assertEchoes("after");
    }
    draining.join();
  }

  /** The address of the visitor would be wrong in any other header. */
  @Test
  void proxyHeaderHasNoAddress() throws Exception {
    options.proxyHeader(ProxyHeader.Version.V1);
    join(TestServer.echo());
    try (var visitor = new UnixClient(path)) {
      visitor.send("hello");
      byte[] received = visitor.input().readNBytes("PROXY UNKNOWN\r\nhello".length());
      assertThat(new String(received, StandardCharsets.US_ASCII))
          .isEqualTo("PROXY UNKNOWN\r\nhello");
    }
  }

  /** A web server in front sends the address of its client. */
  @Test
  void addressOfAProxyHeaderCounts() throws Exception {
    options.proxyHeaderFrom(Cidr.parse("0.0.0.0/32"));
    setDenied(ofAll(Cidr.parse("192.0.2.7")));
    join(TestServer.echo());
    try (var visitor = new UnixClient(path)) {
      visitor.send("PROXY TCP4 192.0.2.1 192.0.2.9 1234 443\r\n");
      visitor.assertEchoes("hello");
    }
    roles.awaitLog("relay ended", "visitor=192.0.2.1:1234");
    try (var visitor = new UnixClient(path)) {
      visitor.send("PROXY TCP4 192.0.2.7 192.0.2.9 1234 443\r\n");
      roles.awaitLog("visitor reset", "visitor=192.0.2.7:1234", "reason=denied");
      assertEnds(visitor);
    }
  }

  private void setDenied(PerService<Cidr> networks) {
    options.rules(
        new ServiceRules(
            NetworkRules.of(PerService.none(), networks),
            PerService.none(),
            PerService.none(),
            PerService.none()));
  }

  private static void assertEnds(UnixClient visitor) {
    try {
      assertThat(visitor.input().read()).isEqualTo(-1);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  /** The mode of the file decides which processes of the host can connect. */
  @Test
  void networksAreNotForVisitorsWithoutOne() throws Exception {
    setDenied(EVERY_NETWORK);
    join(TestServer.echo());
    try (var visitor = new UnixClient(path)) {
      visitor.assertEchoes("hello");
      roles.reloadRemote(web(path));
      visitor.assertEchoes("again");
    }
  }

  @Test
  void visitorsAreOneSource() throws Exception {
    options.admission(
        new ConnectionLimits(
            10,
            1,
            ConnectionLimits.DEFAULT.sessions(),
            ConnectionLimits.DEFAULT.unauthenticated(),
            ConnectionLimits.DEFAULT.unauthenticatedPerAddress()));
    join(TestServer.echo());
    try (var one = new UnixClient(path)) {
      one.assertEchoes("hello");
      try (var two = new UnixClient(path)) {
        roles.awaitLog("visitor reset", "visitor=unix:", "reason=over-limit");
        assertEnds(two);
      }
      one.assertEchoes("again");
    }
    assertThat(roles.remote().counters().get(Counter.VISITORS_OVER_LIMIT)).isEqualTo(1);
  }

  @Test
  void reloadMovesTheServiceAndKeepsItsVisitors() throws Exception {
    join(TestServer.echo());
    Path other = folder.resolve("other.sock");
    HostPort port = roles.reservePort();
    try (var visitor = new UnixClient(path)) {
      visitor.assertEchoes("before");
      roles.reloadRemote(web(other));
      assertThat(path).doesNotExist();
      visitor.assertEchoes("after");
      try (var next = new UnixClient(other)) {
        next.assertEchoes("hello");
      }
      roles.reloadRemote("web=" + port);
      assertThat(other).doesNotExist();
      try (Socket next = TestClient.dial(port)) {
        assertEchoes(next, "hello");
      }
      roles.reloadRemote(web(path));
      try (var next = new UnixClient(path)) {
        next.assertEchoes("hello");
      }
      visitor.assertEchoes("still here");
    }
  }

  @Test
  void reloadChangesTheMode() throws Exception {
    setMode("660");
    join(TestServer.echo());
    assertThat(mode()).isEqualTo("rw-rw----");
    try (var visitor = new UnixClient(path)) {
      visitor.assertEchoes("before");
      setMode("606");
      roles.reloadRemote(web(path));
      assertThat(mode()).isEqualTo("rw----rw-");
      visitor.assertEchoes("after");
    }
    try (var visitor = new UnixClient(path)) {
      visitor.assertEchoes("hello");
    }
  }

  private String mode() throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void reloadUsesTheSocketOnceAnotherProcessHasLeftIt() throws Exception {
    join(TestServer.echo());
    Path other = folder.resolve("other.sock");
    try (var holder = UnixServer.echo(other)) {
      roles.reloadRemote(web(other));
      roles.awaitLog(
          "listener not opened", "address=" + holder.address(), "another process listens");
      try (var visitor = new UnixClient(path)) {
        visitor.assertEchoes("hello");
      }
    }
    roles.awaitLog("listener opened", "address=unix:" + other);
    try (var visitor = new UnixClient(other)) {
      visitor.assertEchoes("hello");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void startFailsIfAnotherProcessListensThere() throws Exception {
    server = TestServer.echo();
    var settings = options.remoteSettings(Optional.of(new HostPort("127.0.0.1", 0)), web(path));
    try (var holder = UnixServer.echo(path);
        var log = new TestLog()) {
      assertThatThrownBy(() -> RemoteEndpoints.start(settings, log.log()))
          .hasMessage("cannot listen on " + holder.address() + ": another process listens there");
      try (var client = new UnixClient(path)) {
        client.assertEchoes("still here");
      }
    }
  }
}
