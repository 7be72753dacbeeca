package culvert.origin;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.OriginProxy.End;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Services and remote proxies that change while an origin proxy serves at several. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RemoteChangeTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final String SSH = "ssh=127.0.0.1:0";
  private static final String OTHER_SECRET = Secret.generate();

  /** Longer than a test: nothing is served because of a pause that ends. */
  private static final Duration LONG = Duration.ofMinutes(10);

  /** Reserved before the sockets of a test are counted. */
  private static HostPort first;

  private static HostPort second;

  private final RolePair.Options options = new RolePair.Options().retryingWithin(LONG);
  private SeveralRemotes roles;

  @BeforeAll
  static void reserve() throws Exception {
    first = Ports.reserve();
    second = Ports.reserve();
  }

  @BeforeEach
  void start() throws Exception {
    roles = new SeveralRemotes();
  }

  @AfterEach
  void stop() throws Exception {
    roles.close();
  }

  private static RolePair.Options withSecrets(String ofRemote, String ofOrigin) {
    return new RolePair.Options().retryingWithin(LONG).secrets(ofRemote, ofOrigin);
  }

  private long sessions(HostPort control) {
    return roles.lines("session started remote_proxy=" + control);
  }

  private void awaitUnserved(RemoteProxy remote) throws Exception {
    HostPort address = remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME);
    Eventually.within(RolePair.LIMIT, () -> TestClient.assertUnserved(address));
  }

  @Test
  void addedServiceIsServedByTheSessionAtEachRemoteProxy() throws Exception {
    RemoteProxy one = roles.remote(options, first, WEB, SSH);
    RemoteProxy two = roles.remote(options, second, WEB, SSH);
    roles.services("web");
    roles.startSessions(options, first, second);
    try (Socket atOne = roles.visit(one, "web");
        Socket atTwo = roles.visit(two, "web")) {
      roles.services("web", "ssh");
      roles.reload(options, first, second);
      roles.awaitEcho(one, "ssh");
      roles.awaitEcho(two, "ssh");
      roles.services("ssh");
      roles.reload(options, first, second);
      roles.log().await(2, "service withdrawn", "service=web");
      assertEchoes(atOne, "after");
      assertEchoes(atTwo, "after");
    }
    assertThat(sessions(first)).isEqualTo(1);
    assertThat(sessions(second)).isEqualTo(1);
  }

  @Test
  void addedServiceThatOneRemoteProxyDoesNotHaveIsServedAtTheOther() throws Exception {
    RemoteProxy one = roles.remote(options, first, WEB, SSH);
    RemoteProxy two = roles.remote(options, second, WEB);
    roles.services("web");
    roles.startSessions(options, first, second);
    roles.services("web", "ssh");
    roles.reload(options, first, second);
    roles.log().await("service not served", "service=ssh", "remote_proxy=" + second);
    roles.awaitEcho(one, "ssh");
    two.reload(options.remoteSettings(Optional.of(second), WEB, SSH));
    roles.awaitEcho(two, "ssh");
    assertThat(roles.lines("service not served")).isEqualTo(1);
    assertThat(sessions(second)).isEqualTo(1);
  }

  @Test
  void serviceThatOneRemoteProxyDoesNotHaveAtTheFirstLoginLeavesItsOthersServed() throws Exception {
    RemoteProxy one = roles.remote(options, first, WEB, SSH);
    RemoteProxy two = roles.remote(options, second, WEB);
    roles.services("web", "ssh");
    roles.startSessions(options, first, second);
    roles.log().await("service not served", "service=ssh", "remote_proxy=" + second);
    roles.awaitEcho(one, "ssh");
    roles.awaitEcho(two, "web");
  }

  @Test
  void addedRemoteProxyGetsASessionAndTheOtherKeepsItsOwn() throws Exception {
    RemoteProxy one = roles.remote(options, first);
    RemoteProxy two = roles.remote(options, second);
    roles.startSessions(options, first);
    try (Socket before = roles.visit(one)) {
      roles.reload(options, first, second);
      roles.awaitSession(1, second);
      roles.visit(one).close();
      roles.visit(two).close();
      assertEchoes(before, "after");
    }
    roles.log().await("relay ended", "remote_proxy=" + first);
    roles.log().await("relay ended", "remote_proxy=" + second);
    assertThat(sessions(first)).isEqualTo(1);
  }

  @Test
  void removedRemoteProxyGetsNoVisitorsAndThoseConnectedFinish() throws Exception {
    RemoteProxy one = roles.remote(options, first);
    RemoteProxy two = roles.remote(options, second);
    roles.startSessions(options, first, second);
    try (Socket atOne = roles.visit(one);
        Socket atTwo = roles.visit(two)) {
      roles.reload(options, second);
      awaitUnserved(one);
      assertEchoes(atOne, "still connected");
      assertEchoes(atTwo, "not affected");
      roles.visit(two).close();
    }
    assertThat(roles.lines("session lost")).isZero();
    assertThat(sessions(second)).isEqualTo(1);
    roles.reload(options, first, second);
    roles.awaitSession(2, first);
    roles.visit(one).close();
  }

  @Test
  void visitorsOfARemovedRemoteProxyAreResetAfterTheDrainTimeout() throws Exception {
    options.drain(Duration.ofMillis(300));
    RemoteProxy one = roles.remote(options, first);
    RemoteProxy two = roles.remote(options, second);
    roles.startSessions(options, first, second);
    try (Socket atOne = roles.visit(one);
        Socket atTwo = roles.visit(two)) {
      roles.reload(options, second);
      assertThatThrownBy(() -> atOne.getInputStream().read()).isInstanceOf(SocketException.class);
      assertEchoes(atTwo, "not affected");
    }
  }

  @Test
  void twoHundredChangesLeaveNoMemberAndNoThread() throws Exception {
    var prompt = new RolePair.Options().retryingWithin(Duration.ofMillis(100));
    RemoteProxy one = roles.remote(prompt, first);
    RemoteProxy two = roles.remote(prompt, second);
    roles.start(prompt, first);
    roles.awaitSession(1, first);
    try (Socket kept = roles.visit(one)) {
      for (int i = 0; i < 100; i++) {
        roles.reload(prompt, first, second);
        roles.reload(prompt, first);
      }
      assertEchoes(kept, "after");
      Eventually.within(RolePair.LIMIT, this::assertOneMember);
    }
    assertThat(sessions(first)).isEqualTo(1);
    roles.reload(prompt, first, second);
    roles.awaitEcho(two, ServiceAddress.DEFAULT_NAME);
  }

  private void assertOneMember() {
    assertThat(Threads.live())
        .filteredOn(name -> name.startsWith("remote proxy ") || name.startsWith("session with "))
        .containsExactlyInAnyOrder("remote proxy " + first, "session with " + first);
  }

  @Test
  void onlyRemoteProxyIsReplaced() throws Exception {
    RemoteProxy one = roles.remote(options, first);
    RemoteProxy two = roles.remote(options, second);
    roles.startSessions(options, first);
    try (Socket before = roles.visit(one)) {
      roles.reload(options, second);
      roles.awaitSession(1, second);
      roles.visit(two).close();
      assertEchoes(before, "still connected");
    }
    roles.assertRuns();
  }

  @Test
  void newSecretIsUsedAtTheNextLoginOfEachRemoteProxy() throws Exception {
    var prompt = new RolePair.Options().retryingWithin(Duration.ofMillis(100));
    RemoteProxy one = roles.remote(prompt, first);
    RemoteProxy two = roles.remote(prompt, second);
    roles.start(prompt, first, second);
    roles.awaitSession(1, first);
    roles.awaitSession(1, second);
    roles.reload(withSecrets(null, OTHER_SECRET), first, second);
    one.close();
    RemoteProxy next = roles.remote(withSecrets(OTHER_SECRET, null), first);
    roles.awaitSession(2, first);
    roles.visit(next).close();
    roles.visit(two).close();
    assertThat(sessions(second)).isEqualTo(1);
  }

  @Test
  void remoteProxyThatHasFailedIsTriedAtOnceAfterAReload() throws Exception {
    RemoteProxy one = roles.remote(withSecrets(OTHER_SECRET, null), first);
    RemoteProxy two = roles.remote(options, second);
    roles.start(options, first, second);
    roles.awaitSession(1, second);
    roles.log().await("login refused", "remote_proxy=" + first, "again_in=");
    try (Socket kept = roles.visit(two)) {
      roles.reload(withSecrets(null, OTHER_SECRET), first, second);
      roles.awaitSession(1, first);
      roles.visit(one).close();
      assertEchoes(kept, "after");
    }
  }

  /** All that are left have failed, but not with the new settings. */
  @Test
  void removalOfTheOnlyServingRemoteProxyTriesTheOthersBeforeTheProcessEnds() throws Exception {
    RemoteProxy one = roles.remote(withSecrets(OTHER_SECRET, null), first);
    roles.remote(options, second);
    roles.start(options, first, second);
    roles.awaitSession(1, second);
    roles.log().await("login refused", "remote_proxy=" + first);
    roles.reload(withSecrets(null, OTHER_SECRET), first);
    roles.awaitSession(1, first);
    roles.visit(one).close();
    roles.assertRuns();
  }

  @Test
  void processEndsIfTheRemoteProxiesThatAreLeftFailAgain() throws Exception {
    roles.remote(withSecrets(OTHER_SECRET, null), first);
    roles.remote(options, second);
    roles.start(options, first, second);
    roles.awaitSession(1, second);
    roles.log().await("login refused", "remote_proxy=" + first);
    roles.reload(options, first);
    assertThat(roles.end()).isEqualTo(End.CREDENTIALS);
  }

  @Test
  void settingsThatChangeBeforeTheRoleRunsAreUsed() throws Exception {
    roles.remote(options, first);
    RemoteProxy two = roles.remote(options, second);
    roles.create(options, first.toString());
    roles.reload(options, second);
    roles.run();
    roles.awaitSession(1, second);
    roles.visit(two).close();
    assertThat(sessions(first)).isZero();
  }

  @Test
  void addressInAnotherFormIsTheSameRemoteProxy() throws Exception {
    RemoteProxy one = roles.remote(options, new HostPort("127.0.0.1", first.port()));
    roles.resolve("127.0.0.1");
    roles.start(options, "remote.example:" + first.port());
    roles.log().await("session started", "remote_proxy=remote.example:" + first.port());
    roles.reload(options, "REMOTE.Example.:" + first.port());
    roles.visit(one).close();
    assertThat(roles.lines("session started remote_proxy=")).isEqualTo(1);
    assertThat(roles.lines("session drain started")).isZero();
  }

  @Test
  void nameThatIsRemovedEndsTheSessionsAtAllItsAddresses() throws Exception {
    RemoteProxy one = roles.remote(options, new HostPort("127.0.0.1", first.port()));
    RemoteProxy two = roles.remote(options, new HostPort("127.0.0.2", first.port()));
    RemoteProxy other = roles.remote(options, second);
    roles.resolve("127.0.0.1", "127.0.0.2");
    roles.start(options, "all:remotes.example:" + first.port());
    roles.awaitSession(1, one.controlAddress());
    roles.awaitSession(1, two.controlAddress());
    try (Socket visitor = roles.visit(two)) {
      roles.reload(options, second);
      roles.awaitSession(1, second);
      awaitUnserved(one);
      awaitUnserved(two);
      assertEchoes(visitor, "still connected");
      roles.visit(other).close();
    }
    roles.reload(options, second.toString(), "all:remotes.example:" + first.port());
    roles.awaitSession(2, two.controlAddress());
    roles.visit(two).close();
  }

  /** Two addresses in the list lead to one remote proxy: the later login replaces the other one. */
  @Test
  void remoteProxyThatSupersededItsOwnProcessIsUsedAgain() throws Exception {
    var prompt = new RolePair.Options().retryingWithin(Duration.ofMillis(100));
    HostPort control = new HostPort("0.0.0.0", first.port());
    RemoteProxy both = roles.remote(prompt, control);
    roles.start(prompt, "127.0.0.1:" + first.port(), "127.0.0.2:" + first.port());
    roles.log().await("address not used", "leads to the same remote proxy", "used=127.0.0.");
    roles.visit(both).close();
    both.close();
    RemoteProxy next = roles.remote(prompt, control);
    roles.awaitEcho(next, ServiceAddress.DEFAULT_NAME);
    roles.assertRuns();
    assertThat(roles.lines("login refused")).isZero();
  }
}
