package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.Balance;
import culvert.config.PerService;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.config.ServiceValue;
import culvert.net.HostPort;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which sessions serve a service, and in which order they get visitors. */
class ServiceTableTest {

  private static final HostPort WEB = new HostPort("192.0.2.7", 80);
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
  private static final Visitor VISITOR = new Visitor("web", ADDRESS, ADDRESS);

  private final ServiceTable table = table();
  private final FakeSession a = new FakeSession("a", "a");
  private final FakeSession b = new FakeSession("b", "b");
  private final FakeSession c = new FakeSession("c", "c");

  private static ServiceTable table() {
    return new ServiceTable(
        List.of(
            new ServiceAddress("web", WEB),
            new ServiceAddress("ssh", new HostPort("192.0.2.7", 22))));
  }

  private static void assertServes(ServiceTable table, FakeSession session) {
    assertThat(table.holders(session, "web", true)).isEmpty();
    table.setShared(session, true);
    table.add(session, "web");
    assertThat(table.isServing(session)).isTrue();
  }

  private FakeSession next() throws IOException {
    return of(table.open(VISITOR));
  }

  private static FakeSession of(TcpFront.Opened opened) {
    return ((FakeSession.Stream) opened.stream()).of();
  }

  private List<FakeSession> next(int times) throws IOException {
    var sessions = new ArrayList<FakeSession>();
    for (int i = 0; i < times; i++) {
      sessions.add(next());
    }
    return sessions;
  }

  @Test
  void sessionsGetVisitorsInTurn() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    assertServes(table, c);
    assertThat(next(6)).containsExactly(a, b, c, a, b, c);
  }

  @Test
  void sessionThatOffersTwiceHasOneTurn() throws Exception {
    table.setShared(a, true);
    assertThat(table.add(a, "web")).as("new").isTrue();
    assertServes(table, b);
    assertThat(table.add(a, "web")).as("new").isFalse();
    assertThat(next(4)).containsExactly(a, b, a, b);
  }

  @Test
  void sessionThatCannotOpenAStreamIsSkipped() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    a.full = "full";
    assertThat(next(4)).containsOnly(b);
  }

  @Test
  void quietSessionIsTriedLast() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    assertServes(table, c);
    a.quiet = true;
    assertThat(next(6)).containsOnly(b, c).contains(b, c);
    assertThat(a.opens).isZero();
    b.full = "full";
    c.full = "full";
    assertThat(next(3)).as("the only session left").containsOnly(a);
  }

  @Test
  void sessionsGetVisitorsInTurnIfAllAreQuiet() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    a.quiet = true;
    b.quiet = true;
    assertThat(next(4)).containsExactly(a, b, a, b);
  }

  /** A session may stop being quiet after the others were tried and before the quiet ones are. */
  @Test
  void sessionThatStopsBeingQuietDuringTheChoiceIsStillTried() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    a.quiet = true;
    b.full = "full";
    b.onOpen = () -> a.quiet = false;
    assertThat(next()).isEqualTo(a);
  }

  @Test
  void openFailsWithTheReasonOfTheLastSession() {
    assertServes(table, a);
    a.full = "the session has 5 streams, its maximum";
    assertThatThrownBy(this::next).isInstanceOf(IOException.class).hasMessage(a.full);
  }

  @Test
  void openFailsIfNoSessionServes() {
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
    assertServes(table, a);
    assertThat(table.withdraw(a, "web")).isTrue();
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
    assertThat(table.withdraw(a, "web")).as("second withdrawal").isFalse();
  }

  @Test
  void unknownServiceCannotBeWithdrawn() {
    assertThat(table.withdraw(a, "mail")).isFalse();
    assertThat(table.names()).containsExactly("web", "ssh");
  }

  @Test
  void serviceIsSharedOnlyIfEverySessionShares() {
    table.add(a, "web");
    assertThat(table.holders(b, "web", true)).as("holders that do not share").containsExactly(a);
    assertThat(table.holders(b, "ssh", false)).as("holders of another service").isEmpty();
    assertThat(table.holders(a, "web", false)).as("holders beside the session").isEmpty();
    table.setShared(a, true);
    assertThat(table.holders(b, "web", false)).as("b does not share").containsExactly(a);
    assertThat(table.holders(b, "web", true)).isEmpty();
    table.withdrawAll(a);
    assertThat(table.holders(b, "web", false)).isEmpty();
  }

  @Test
  void closedServiceKeepsItsSessionsUntilTheyWithdraw() throws Exception {
    assertServes(table, a);
    table.closeService("web");
    assertThat(table.names()).containsExactly("ssh");
    assertThat(table.isOfferable("web")).isFalse();
    assertThat(table.isServing(a)).as("it would serve").isTrue();
    assertThat(table.isServing(a, "web")).as("it serves now").isFalse();
    table.openService(new ServiceAddress("web", new HostPort("192.0.2.7", 81)));
    assertThat(table.names()).as("in the order of the first opening").containsExactly("web", "ssh");
    assertThat(next()).isEqualTo(a);
    table.closeService("web");
    assertThat(table.withdraw(a, "web")).isTrue();
    table.openService(new ServiceAddress("web", WEB));
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
  }

  /** Its address may be in use by another program. */
  @Test
  void closedServiceOfTheSettingsTakesOffers() throws Exception {
    var web = new ServiceAddress("web", WEB);
    table.setWanted(List.of(web));
    assertThat(table.names()).as("ssh is still open").containsExactly("web", "ssh");
    table.closeService("ssh");
    table.closeService("web");
    assertThat(table.names()).containsExactly("web");
    assertThat(table.addresses()).isEmpty();
    assertServes(table, a);
    assertThat(table.isServing(a, "web")).isFalse();
    table.openService(web);
    assertThat(table.isServing(a, "web")).isTrue();
    assertThat(next()).isEqualTo(a);
  }

  @Test
  void closedServiceHasTheAddressOfTheSettings() {
    table.closeService("web");
    var moved = new ServiceAddress("web", ServiceType.UDP, WEB);
    table.setWanted(List.of(moved));
    assertThat(table.address("web")).isEqualTo(moved);
    assertThat(table.isOfferable("web")).isTrue();
  }

  @Test
  void offerReplacesTheOfferOfAnotherType() throws Exception {
    assertServes(table, a);
    table.openService(new ServiceAddress("web", ServiceType.UDP, WEB));
    assertThat(table.add(a, "web")).isTrue();
    table.openService(new ServiceAddress("web", WEB));
    assertThat(table.isServing(a, "web")).isFalse();
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
  }

  @Test
  void serviceOfAnotherTypeIsNotServedByTheSessionsOfTheFirst() throws Exception {
    assertServes(table, a);
    table.openService(new ServiceAddress("web", ServiceType.UDP, WEB));
    assertThat(table.isServing(a, "web")).isFalse();
    assertThat(table.holders(b, "web", false)).isEmpty();
    table.add(b, "web");
    assertThat(table.isServing(b, "web")).isTrue();
    table.openService(new ServiceAddress("web", WEB));
    assertThat(next(2)).containsOnly(a);
    table.withdrawAll(a);
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
  }

  @Test
  void withdrawAllRemovesEveryServiceOfTheSession() {
    assertServes(table, a);
    table.add(a, "ssh");
    assertServes(table, b);
    assertThat(table.isServing(a)).isTrue();
    assertThat(table.servedBy(a)).containsExactly("web", "ssh");
    table.withdrawAll(a);
    assertThat(table.isServing(a)).isFalse();
    assertThat(table.isServing(b)).isTrue();
    assertThat(table.servedBy(a)).isEmpty();
  }

  private void setBalance(Balance policy) {
    table.setBalance(PerService.of(List.of(new ServiceValue<>("web", policy))));
  }

  private static Visitor visitor(int source) {
    return new Visitor("web", new InetSocketAddress("192.0.2." + source, 1000 + source), ADDRESS);
  }

  @Test
  void sessionWithTheFewestVisitorsGetsTheNextOne() throws Exception {
    setBalance(Balance.FEWEST_CONNECTIONS);
    assertServes(table, a);
    assertServes(table, b);
    assertServes(table, c);
    var first = List.of(table.open(VISITOR), table.open(VISITOR), table.open(VISITOR));
    assertThat(first).extracting(ServiceTableTest::of).containsExactlyInAnyOrder(a, b, c);
    TcpFront.Opened ofB = first.stream().filter(one -> of(one) == b).findFirst().orElseThrow();
    ofB.onEnd().run();
    ofB.onEnd().run();
    assertThat(next()).isEqualTo(b);
    assertThat(next(3)).containsExactlyInAnyOrder(a, b, c);
  }

  @Test
  void sessionThatCannotOpenAStreamHasNoVisitor() throws Exception {
    setBalance(Balance.FEWEST_CONNECTIONS);
    assertServes(table, a);
    assertServes(table, b);
    a.full = "full";
    assertThat(next(3)).containsOnly(b);
    a.full = null;
    assertThat(next(3)).as("a had none, b has three").containsOnly(a);
  }

  @Test
  void visitorsOfOneSourceGetTheSameSession() throws Exception {
    setBalance(Balance.SOURCE);
    assertServes(table, a);
    assertServes(table, b);
    assertServes(table, c);
    Map<Integer, FakeSession> before = new HashMap<>();
    for (int source = 0; source < 200; source++) {
      before.put(source, of(table.open(visitor(source))));
      assertThat(of(table.open(visitor(source)))).isEqualTo(before.get(source));
    }
    for (FakeSession session : List.of(a, b, c)) {
      assertThat(before.values()).filteredOn(session::equals).hasSizeBetween(40, 95);
    }
    table.withdrawAll(b);
    for (int source = 0; source < 200; source++) {
      FakeSession after = of(table.open(visitor(source)));
      assertThat(after == before.get(source)).as("kept").isEqualTo(before.get(source) != b);
    }
    FakeSession restarted = new FakeSession("b", "another process");
    assertServes(table, restarted);
    for (int source = 0; source < 200; source++) {
      FakeSession again = of(table.open(visitor(source)));
      assertThat(again).isEqualTo(before.get(source) == b ? restarted : before.get(source));
    }
  }

  /** These names have the same {@link String#hashCode}. */
  @ParameterizedTest
  @CsvSource({"Aa,BB", "web-1b,web-2C"})
  void namesWithTheSameHashCodeHaveDifferentWeights(String name, String other) throws Exception {
    assertThat(name).hasSameHashCodeAs(other);
    assertDivideSources(new FakeSession(name, "one"), new FakeSession(other, "two"));
  }

  /** The name of an origin proxy is unique for its client only. */
  @Test
  void originProxiesOfTwoClientsWithOneNameHaveDifferentWeights() throws Exception {
    var secret = Secret.of(Secret.generate());
    assertDivideSources(
        FakeSession.ofClient("vienna", secret, "web", "one"),
        FakeSession.ofClient("lisbon", secret, "web", "two"));
  }

  private void assertDivideSources(FakeSession one, FakeSession two) throws Exception {
    setBalance(Balance.SOURCE);
    assertServes(table, one);
    assertServes(table, two);
    var chosen = new HashSet<FakeSession>();
    for (int source = 0; source < 50; source++) {
      FakeSession first = of(table.open(visitor(source)));
      assertThat(of(table.open(visitor(source)))).isEqualTo(first);
      chosen.add(first);
    }
    assertThat(chosen).containsExactlyInAnyOrder(one, two);
  }

  @Test
  void visitorsOfAServiceThatLeftAndReturnedAreStillCounted() throws Exception {
    setBalance(Balance.FEWEST_CONNECTIONS);
    assertServes(table, a);
    var before = List.of(table.open(VISITOR), table.open(VISITOR));
    table.setWanted(List.of(new ServiceAddress("ssh", new HostPort("192.0.2.7", 22))));
    table.closeService("web");
    table.withdraw(a, "web");
    assertThat(table.isOfferable("web")).isFalse();
    table.openService(new ServiceAddress("web", WEB));
    assertServes(table, a);
    assertServes(table, b);
    assertThat(next(2)).as("a has two visitors from before").containsOnly(b);
    before.forEach(visitor -> visitor.onEnd().run());
    assertThat(next(2)).as("b has two, a has none").containsOnly(a);
  }

  @Test
  void addressesOfOneIpv6NetworkAreOneSource() throws Exception {
    setBalance(Balance.SOURCE);
    assertServes(table, a);
    assertServes(table, b);
    var sessions = new HashSet<FakeSession>();
    for (int host = 1; host < 50; host++) {
      var address = new InetSocketAddress("2001:db8::" + host, host);
      sessions.add(of(table.open(new Visitor("web", address, ADDRESS))));
    }
    assertThat(sessions).hasSize(1);
  }

  @Test
  void quietSessionIsTheLastOfEveryPolicy() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    a.quiet = true;
    for (Balance policy : Balance.values()) {
      setBalance(policy);
      for (int source = 0; source < 20; source++) {
        assertThat(of(table.open(visitor(source)))).as("%s", policy).isEqualTo(b);
      }
    }
  }

  @Test
  void unhealthySessionGetsVisitorsOnlyIfNoOtherCan() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    assertThat(table.setHealthy(a, "web", false)).isTrue();
    assertThat(table.setHealthy(a, "web", false)).as("again").isFalse();
    for (Balance policy : Balance.values()) {
      setBalance(policy);
      assertThat(next(4)).as("%s", policy).containsOnly(b);
    }
    b.full = "full";
    assertThat(next(2)).containsOnly(a);
    b.full = null;
    setBalance(Balance.ROUND_ROBIN);
    assertThat(table.setHealthy(a, "web", true)).isTrue();
    assertThat(next(4)).contains(a, b);
  }

  /** The only server of a service may answer although a check of it fails. */
  @Test
  void sessionsGetVisitorsInTurnIfAllAreUnhealthy() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    table.setHealthy(a, "web", false);
    table.setHealthy(b, "web", false);
    assertThat(next(4)).containsExactly(a, b, a, b);
  }

  @Test
  void quietSessionComesBeforeAnUnhealthyOne() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    a.quiet = true;
    table.setHealthy(b, "web", false);
    assertThat(next(4)).containsOnly(a);
  }

  @Test
  void healthIsThatOfOneServiceAndEndsWithItsOffer() throws Exception {
    assertServes(table, a);
    assertServes(table, b);
    table.add(a, "ssh");
    assertThat(table.setHealthy(a, "ssh", false)).isTrue();
    assertThat(next(4)).as("another service").contains(a, b);
    table.setHealthy(a, "web", false);
    assertThat(next(4)).containsOnly(b);
    table.add(a, "web");
    assertThat(next(4)).as("offered again").contains(a, b);
    table.setHealthy(a, "web", false);
    table.withdraw(a, "web");
    assertThat(table.setHealthy(a, "web", false)).as("not served").isFalse();
    assertThat(table.setHealthy(a, "no-such-service", false)).isFalse();
    assertServes(table, a);
    assertThat(next(4)).as("after a withdrawal").contains(a, b);
  }

  @Test
  void policyOfAllServicesIsForThoseWithoutTheirOwn() throws Exception {
    table.setBalance(
        PerService.of(
            List.of(
                new ServiceValue<>("", Balance.SOURCE),
                new ServiceValue<>("web", Balance.ROUND_ROBIN))));
    assertServes(table, a);
    assertServes(table, b);
    table.add(a, "ssh");
    table.add(b, "ssh");
    assertThat(next(4)).containsExactly(a, b, a, b);
    var sessions = new HashSet<FakeSession>();
    for (int i = 0; i < 10; i++) {
      sessions.add(of(table.open(new Visitor("ssh", ADDRESS, ADDRESS))));
    }
    assertThat(sessions).hasSize(1);
  }
}
