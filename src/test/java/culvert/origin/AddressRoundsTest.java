package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.PortRange;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy.End;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.SlowLink;
import culvert.testing.TestClient;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A session at each address of a name, with a resolver of the test. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class AddressRoundsTest {

  private static final String ONE = "127.0.0.1";
  private static final String TWO = "127.0.0.2";
  private static final PortRange PORTS = PortRange.parse("127.0.0.1:20000-29999");

  /** Reserved before the sockets of a test are counted. */
  private static HostPort reserved;

  private static HostPort otherReserved;

  private final RolePair.Options options =
      new RolePair.Options().retryingWithin(Duration.ofMillis(200));

  private SeveralRemotes roles;
  private String name;

  @BeforeAll
  static void reserve() throws Exception {
    reserved = Ports.reserve();
    otherReserved = Ports.reserve();
  }

  @BeforeEach
  void start() throws Exception {
    roles = new SeveralRemotes();
    name = "all:remotes.example:" + reserved.port();
  }

  @AfterEach
  void stop() throws Exception {
    roles.close();
  }

  private HostPort at(String address) {
    return new HostPort(address, reserved.port());
  }

  /** Starts a remote proxy at each of two addresses; returns the first once both have a session. */
  private RemoteProxy startBoth() throws Exception {
    RemoteProxy one = roles.remote(options, at(ONE));
    roles.remote(options, at(TWO));
    roles.resolve(ONE, TWO);
    roles.start(options, name);
    roles.awaitSession(1, at(ONE));
    roles.awaitSession(1, at(TWO));
    return one;
  }

  @Test
  void eachAddressOfANameHasASession() throws Exception {
    RemoteProxy one = roles.remote(options, at(ONE));
    RemoteProxy two = roles.remote(options, at(TWO));
    roles.resolve(ONE, TWO);
    roles.start(options, name);
    roles.awaitSession(1, at(ONE));
    roles.awaitSession(1, at(TWO));
    roles.visit(one).close();
    roles.visit(two).close();
  }

  @Test
  void addressThatAppearsGetsASessionInTheNextRound() throws Exception {
    RemoteProxy two = roles.remote(options, at(TWO));
    roles.remote(options, at(ONE));
    roles.resolve(ONE);
    roles.start(options, name);
    roles.awaitSession(1, at(ONE));
    roles.resolve(ONE, TWO);
    roles.awaitSession(1, at(TWO));
    roles.visit(two).close();
    assertThat(roles.lines("session lost")).isZero();
  }

  @Test
  void addressThatDisappearsEndsAfterItsSessionIsLost() throws Exception {
    RemoteProxy one = startBoth();
    roles.resolve(TWO);
    roles.log().await("name resolved", "addresses=" + at(TWO));
    try (Socket visitor = roles.visit(one)) {
      TestClient.assertEchoes(visitor, "still served");
    }
    one.close();
    roles.log().await("address no longer listed", "remote_proxy=" + at(ONE));
    roles.resolve(ONE, TWO);
    roles.remote(options, at(ONE));
    roles.awaitSession(2, at(ONE));
  }

  /** As at a rolling update: the address leaves the name while its remote proxy stops. */
  @Test
  void visitorsOfADrainingRemoteProxyThatIsNotListedAnyMoreFinish() throws Exception {
    RemoteProxy one = startBoth();
    try (Socket visitor = roles.visit(one)) {
      Threads.start("drain", () -> one.drain(RolePair.LIMIT));
      roles.log().await("remote proxy stopping", "remote_proxy=" + at(ONE));
      roles.resolve(TWO);
      roles.log().await("address no longer listed", "remote_proxy=" + at(ONE));
      TestClient.assertEchoes(visitor, "still connected");
    }
    roles.log().await("drained session ended");
  }

  /** As with a name that a health check takes the address from. */
  @Test
  void visitorsOfARemoteProxyThatDrainsAfterItsAddressHasLeftFinish() throws Exception {
    RemoteProxy one = startBoth();
    try (Socket visitor = roles.visit(one)) {
      roles.resolve(TWO);
      roles.log().await(2, "name resolved");
      Threads.start("drain", () -> one.drain(RolePair.LIMIT));
      roles.log().await("address no longer listed", "remote_proxy=" + at(ONE));
      TestClient.assertEchoes(visitor, "still connected");
    }
    roles.log().await("drained session ended");
  }

  /** As with an IPv4 and an IPv6 address of one host. */
  @Test
  void remoteProxyAtTwoAddressesHasOneSession() throws Exception {
    RemoteProxy both = roles.remote(options, at("0.0.0.0"));
    roles.resolve(ONE, TWO);
    roles.start(options, name);
    roles.log().await("address not used", "leads to the same remote proxy");
    roles.log().await("session started", "remote_proxy=");
    roles.visit(both).close();
    assertThat(roles.lines("session started remote_proxy=")).isEqualTo(1);
    both.close();
    RemoteProxy next = roles.remote(options, at("0.0.0.0"));
    roles.log().await(2, "session started", "remote_proxy=");
    roles.log().await(2, "address not used");
    roles.visit(next).close();
    assertThat(roles.lines("login refused")).isZero();
  }

  /**
   * The remote proxy drops a session that has no name yet when the same process logs in again; the
   * delay makes that time long.
   */
  @Test
  void loginsOverTwoAddressesOfOneRemoteProxyDoNotReplaceEachOther() throws Exception {
    RemoteProxy both = roles.remote(options);
    try (var link =
        new SlowLink(at("0.0.0.0"), both.controlAddress(), Duration.ofMillis(50), 100_000_000)) {
      roles.resolve(ONE, TWO);
      roles.start(options, "all:remotes.example:" + link.address().port());
      roles.log().await("address not used", "leads to the same remote proxy");
      roles.log().await("session started", "remote_proxy=");
      roles.visit(both).close();
      assertThat(both.counters().get(Counter.SESSIONS_SUPERSEDED)).isZero();
      assertThat(roles.lines("session not started")).isZero();
      roles.origin().close();
      roles.end();
    }
  }

  @Test
  void addressThatStoodByRequestsThePortThatTheServiceHad() throws Exception {
    options.outsidePort(PORTS, 0);
    RemoteProxy both = roles.remote(options, at("0.0.0.0"));
    roles.resolve(ONE, TWO);
    roles.start(options, name);
    roles.log().await("address not used");
    String standby = found("address not used remote_proxy=([0-9.]+):").getFirst();
    roles.log().await("serving visitors");
    roles.resolve(standby);
    roles.log().await(2, "name resolved");
    both.close();
    roles.remote(options, at("0.0.0.0"));
    roles.log().await("serving visitors", "remote_proxy=" + at(standby));
    List<String> ports = found("serving visitors .*address=[0-9.]+:(\\d+) ");
    assertThat(ports).hasSize(2).containsOnly(ports.getFirst());
  }

  @Test
  void addressThatComesBackRequestsThePortThatTheServiceHad() throws Exception {
    options.outsidePort(PORTS, 0);
    RemoteProxy one = startBoth();
    roles.log().await("serving visitors", "remote_proxy=" + at(ONE));
    roles.resolve(TWO);
    roles.log().await(2, "name resolved");
    one.close();
    roles.log().await("address no longer listed", "remote_proxy=" + at(ONE));
    roles.remote(options, at(ONE));
    roles.resolve(ONE, TWO);
    roles.log().await(2, "serving visitors", "remote_proxy=" + at(ONE));
    List<String> ports = found("serving visitors .*:(\\d+) remote_proxy=" + at(ONE));
    assertThat(ports).hasSize(2).containsOnly(ports.getFirst());
  }

  /** Returns the first group of each match in the log. */
  private List<String> found(String pattern) {
    return Pattern.compile(pattern)
        .matcher(roles.log().text())
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void addressesBeyondTheLimitAreLeftOut() throws Exception {
    int tooMany = OriginSettings.MAX_REMOTES + 1;
    roles.resolve(
        IntStream.rangeClosed(1, tooMany).mapToObj(i -> "127.0.1." + i).toArray(String[]::new));
    roles.start(options, name);
    roles.log().await("addresses left out", "count=1", "max_remote_proxies=64");
    roles.resolve(ONE);
    RemoteProxy one = roles.remote(options, at(ONE));
    roles.awaitSession(1, at(ONE));
    roles.visit(one).close();
  }

  @Test
  void namesShareThePlacesForAddresses() throws Exception {
    roles.resolve(
        IntStream.rangeClosed(1, 40).mapToObj(i -> "127.0.1." + i).toArray(String[]::new));
    roles.start(options, name, "all:others.example:" + otherReserved.port());
    roles.log().await("addresses left out", "max_remote_proxies=64");
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(tried()).hasSize(OriginSettings.MAX_REMOTES));
  }

  /** Returns the addresses at which no session could be started. */
  private Set<String> tried() {
    return Set.copyOf(found("session not started remote_proxy=(\\S+)"));
  }

  /** Attempts follow each other after half a second on average. */
  @Test
  void failedAttemptsCauseAtMostOneLookupASecond() throws Exception {
    roles.resolve(ONE);
    long began = System.nanoTime();
    roles.start(new RolePair.Options().retrying(), name);
    Eventually.within(RolePair.LIMIT, () -> assertThat(roles.lookups()).isGreaterThanOrEqualTo(3));
    long intervals = roles.lookups() - 1;
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(intervals));
  }

  @Test
  void nameIsLookedUpUntilItHasAnAddress() throws Exception {
    RemoteProxy one = roles.remote(options, at(ONE));
    roles.start(options, name);
    roles.log().await("name not resolved", "remote_proxy=" + name, "no address", "again_in=");
    roles.resolve(ONE);
    roles.awaitSession(1, at(ONE));
    roles.visit(one).close();
  }

  @Test
  void failFastEndsTheProcessIfANameHasNoAddress() throws Exception {
    roles.start(new RolePair.Options(), name);
    assertThat(roles.end()).isEqualTo(End.UNREACHABLE);
    roles.log().await("ERROR", "name not resolved");
  }

  @Test
  void failFastEndsTheProcessIfNoAddressOfANameIsReachable() throws Exception {
    roles.resolve(ONE, TWO);
    roles.start(new RolePair.Options(), name);
    assertThat(roles.end()).isEqualTo(End.UNREACHABLE);
  }

  @Test
  void requestOfTheUserStartsARound() throws Exception {
    var patient = new RolePair.Options().retryingWithin(Duration.ofMinutes(10));
    roles.remote(patient, at(ONE));
    roles.remote(patient, at(TWO));
    roles.resolve(ONE);
    roles.start(patient, name);
    roles.awaitSession(1, at(ONE));
    roles.resolve(ONE, TWO);
    roles.origin().tryNow();
    roles.awaitSession(1, at(TWO));
  }
}
