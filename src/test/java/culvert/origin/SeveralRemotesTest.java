package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.HealthChecks;
import culvert.config.RemoteAddress;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.origin.OriginProxy.End;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.ScriptedRemote;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import culvert.testing.UnixServer;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One origin proxy with a session at each of several remote proxies. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SeveralRemotesTest {

  private static final String OTHER_SECRET = Secret.generate();
  private static final Duration SHORT = Duration.ofMillis(200);

  /** Reserved before the sockets of a test are counted. */
  private static HostPort reserved;

  private SeveralRemotes roles;

  @BeforeAll
  static void reserve() throws Exception {
    reserved = Ports.reserve();
  }

  @BeforeEach
  void start() throws Exception {
    roles = new SeveralRemotes();
  }

  @AfterEach
  void stop() throws Exception {
    roles.close();
  }

  private static RolePair.Options refusing() {
    return new RolePair.Options().secrets(OTHER_SECRET, RolePair.SECRET);
  }

  @Test
  void visitorsOfOneRemoteProxyKeepTheirConnectionsWhenAnotherIsLost() throws Exception {
    var options = new RolePair.Options().retryingWithin(SHORT);
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(options);
    roles.startSessions(options, one.controlAddress(), two.controlAddress());
    try (Socket lost = roles.visit(one);
        Socket kept = roles.visit(two)) {
      one.close();
      assertThatThrownBy(() -> lost.getInputStream().read()).isInstanceOf(SocketException.class);
      roles.log().await("session lost", "remote_proxy=" + one.controlAddress());
      TestClient.assertEchoes(kept, "still here");
      roles.visit(two).close();
    }
    HostPort control = one.controlAddress();
    roles.remote(options, control);
    roles.awaitSession(2, control);
    assertThat(roles.lines("remote_proxy=" + two.controlAddress() + " cause")).isZero();
  }

  @Test
  void remoteProxyThatRefusesTheSecretLeavesTheOtherServing() throws Exception {
    var options = new RolePair.Options();
    RemoteProxy refusing = roles.remote(refusing());
    RemoteProxy serving = roles.remote(options);
    roles.start(options, refusing.controlAddress(), serving.controlAddress());
    roles.awaitSession(1, serving.controlAddress());
    roles.log().await("login refused", "remote_proxy=" + refusing.controlAddress(), "again_in=");
    roles.visit(serving).close();
    roles.assertRuns();
  }

  /** The echo server answers no HTTP request. */
  @Test
  void resultOfOneHealthCheckIsReportedToEveryRemoteProxy() throws Exception {
    var options = new RolePair.Options().shared().healthChecks(Rules.check("http:/"));
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(options);
    RemoteProxy later = roles.remote(options);
    roles.start(options, one.controlAddress(), two.controlAddress());
    awaitUnhealthy(one);
    awaitUnhealthy(two);
    HostPort[] all = {one.controlAddress(), two.controlAddress(), later.controlAddress()};
    roles.reload(options, all);
    awaitUnhealthy(later);
    assertThat(roles.lines("origin server unhealthy")).isEqualTo(1);
    roles.reload(options.healthChecks(HealthChecks.NONE), all);
    roles.log().await(3, "service healthy");
  }

  @Test
  void visitorsOfEveryRemoteProxyReachAUnixSocket(@TempDir Path folder) throws Exception {
    var options = new RolePair.Options();
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(options);
    try (var server = UnixServer.echo(folder.resolve("socket"))) {
      roles.serve(server.address());
      roles.start(options, one.controlAddress(), two.controlAddress());
      roles.awaitSession(1, one.controlAddress());
      roles.awaitSession(1, two.controlAddress());
      try (Socket first = roles.visit(one);
          Socket second = roles.visit(two)) {
        TestClient.assertEchoes(first, "still here");
        TestClient.assertEchoes(second, "here too");
      }
    }
  }

  private static void awaitUnhealthy(RemoteProxy remote) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(remote.counters().get(Counter.SERVICES_UNHEALTHY)).isEqualTo(1));
  }

  @Test
  void processEndsWhenEveryRemoteProxyHasRefused() throws Exception {
    RemoteProxy one = roles.remote(refusing());
    RemoteProxy two = roles.remote(refusing());
    roles.start(new RolePair.Options().retrying(), one.controlAddress(), two.controlAddress());
    assertThat(roles.end()).isEqualTo(End.CREDENTIALS);
    roles.log().await(2, "login refused by remote proxy");
    roles.log().await("all remote proxies have failed");
  }

  /** Without --fail-fast, a remote proxy that cannot be reached has not failed. */
  @Test
  void processStaysWhileARemoteProxyIsOnlyUnreachable() throws Exception {
    RemoteProxy refusing = roles.remote(refusing());
    HostPort unreachable = reserved;
    var options = new RolePair.Options().retryingWithin(SHORT);
    roles.start(options, refusing.controlAddress(), unreachable);
    roles.log().await("login refused", "again_in=");
    roles.log().await("session not started", "remote_proxy=" + unreachable);
    roles.assertRuns();
    RemoteProxy late = roles.remote(options, unreachable);
    roles.awaitSession(1, unreachable);
    roles.visit(late).close();
  }

  @Test
  void failFastEndsTheProcessWhenEveryRemoteProxyHasFailed() throws Exception {
    RemoteProxy refusing = roles.remote(refusing());
    roles.start(new RolePair.Options(), refusing.controlAddress(), reserved);
    assertThat(roles.end()).isEqualTo(End.UNREACHABLE);
  }

  @Test
  void failFastRetriesALostRemoteProxyWhileAnotherServes() throws Exception {
    var options = new RolePair.Options();
    HostPort control = reserved;
    RemoteProxy serving = roles.remote(options);
    roles.start(options, control, serving.controlAddress());
    roles.awaitSession(1, serving.controlAddress());
    roles.log().await("session not started", "remote_proxy=" + control, "again_in=");
    RemoteProxy late = roles.remote(options, control);
    roles.awaitSession(1, control);
    serving.close();
    roles.log().await("session lost", "remote_proxy=" + serving.controlAddress());
    roles.visit(late).close();
    roles.assertRuns();
    late.close();
    assertThat(roles.end()).isIn(End.ENDED, End.UNREACHABLE);
  }

  @Test
  void requestOfTheUserRetriesEveryRemoteProxy() throws Exception {
    var options = new RolePair.Options().secrets(null, null).retryingWithin(Duration.ofMinutes(10));
    RemoteProxy serving = roles.remote(options);
    try (var one = new ScriptedRemote();
        var two = new ScriptedRemote()) {
      roles.start(options, one.address(), two.address(), serving.controlAddress());
      one.rejectLogin();
      two.rejectLogin();
      roles.log().await(2, "login refused by remote proxy", "again_in=");
      roles.origin().tryNow();
      one.accept().close();
      two.accept().close();
    }
  }

  /** Two processes with one name would replace each other for ever. */
  @Test
  void supersededRemoteProxyWaitsForTheUserWhileAnotherServes() throws Exception {
    var options = new RolePair.Options().retryingWithin(SHORT);
    RemoteProxy contested = roles.remote(options);
    RemoteProxy other = roles.remote(options);
    roles.startSessions(options, contested.controlAddress(), other.controlAddress());
    try (var separate = new SeparateRoles();
        var namesake =
            separate.origin(
                reserved, options, new RemoteAddress.Direct(contested.controlAddress()))) {
      namesake.announced();
      roles.log().await("ERROR", "remote_proxy=" + contested.controlAddress());
      roles.visit(other).close();
      roles.assertRuns();
      assertThat(namesake.isRunning()).isTrue();
    }
    assertThat(roles.lines("session started remote_proxy=" + contested.controlAddress()))
        .isEqualTo(1);
  }

  @Test
  void udpVisitorsOfEachRemoteProxyAreServedAndNamed() throws Exception {
    var options = new RolePair.Options().everyLine();
    var any = new HostPort("127.0.0.1", 0);
    try (var server = UdpServer.echo()) {
      RemoteProxy one = roles.remote(options, any, "udp:127.0.0.1:0");
      RemoteProxy two = roles.remote(options, any, "udp:127.0.0.1:0");
      roles.serve("udp:" + server.address());
      roles.startSessions(options, one.controlAddress(), two.controlAddress());
      assertAnswers(one);
      assertAnswers(two);
      one.close();
      roles.log().await("flow ended", "remote_proxy=" + one.controlAddress());
      assertAnswers(two);
    }
  }

  private static void assertAnswers(RemoteProxy remote) throws Exception {
    byte[] datagram = {'p'};
    try (var visitor = new UdpClient(remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME))) {
      assertThat(visitor.ask(datagram)).isEqualTo(datagram);
    }
  }

  @Test
  void visitorsOfEveryRemoteProxyAreResetWhenTheDrainTimeoutPasses() throws Exception {
    var options = new RolePair.Options().retrying();
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(options);
    roles.startSessions(options, one.controlAddress(), two.controlAddress());
    try (Socket first = roles.visit(one);
        Socket second = roles.visit(two)) {
      roles.origin().drain(SHORT);
      assertThatThrownBy(() -> first.getInputStream().read()).isInstanceOf(SocketException.class);
      assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    assertThat(roles.end()).isEqualTo(End.CLOSED);
  }

  @Test
  void drainLetsTheVisitorsOfEveryRemoteProxyFinish() throws Exception {
    var options = new RolePair.Options().retrying();
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(options);
    roles.startSessions(options, one.controlAddress(), two.controlAddress());
    try (Socket first = roles.visit(one);
        Socket second = roles.visit(two)) {
      roles.origin().drain(RolePair.LIMIT);
      TestClient.assertEchoes(first, "first");
      TestClient.assertEchoes(second, "second");
      roles.assertRuns();
    }
    assertThat(roles.end()).isEqualTo(End.CLOSED);
  }
}
