package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.remote.ServiceTable.Claim;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which sessions serve a service, and in which order they get visitors. */
class ServiceTableTest {

  private static final HostPort WEB = new HostPort("192.0.2.7", 80);
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
  private static final Visitor VISITOR = new Visitor("web", ADDRESS, ADDRESS);

  private final Roster roster = new Roster(10, true, (session, reason, why) -> {});
  private final ServiceTable table = table(true);
  private final FakeSession a = joined("a");
  private final FakeSession b = joined("b");
  private final FakeSession c = joined("c");

  private ServiceTable table(boolean shared) {
    Map<String, HostPort> services = new LinkedHashMap<>();
    services.put("web", WEB);
    services.put("ssh", new HostPort("192.0.2.7", 22));
    return new ServiceTable(services, roster, shared);
  }

  private FakeSession joined(String name) {
    var session = new FakeSession(name, name);
    assertThat(roster.admit(session)).isEmpty();
    return session;
  }

  private static void assertServes(ServiceTable table, FakeSession session) {
    assertThat(table.claim(session, "web")).isInstanceOf(Claim.Served.class);
    assertThat(table.isServing(session, "web")).isTrue();
  }

  private FakeSession next() throws IOException {
    return ((FakeSession.Stream) table.open(VISITOR)).of();
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
    var addresses = List.of("192.0.2.7:80");
    assertThat(table.claim(a, "web")).isEqualTo(new Claim.Served(addresses, true));
    assertServes(table, b);
    assertThat(table.claim(a, "web")).isEqualTo(new Claim.Served(addresses, false));
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
  void unknownServiceCanNeitherBeClaimedNorWithdrawn() {
    assertThat(table.claim(a, "mail"))
        .isEqualTo(new Claim.Declined("the remote proxy has no service 'mail'; it has [web, ssh]"));
    assertThat(table.withdraw(a, "mail")).isFalse();
  }

  @Test
  void removedSessionCannotClaimAService() {
    roster.remove(a);
    assertThat(table.claim(a, "web"))
        .isEqualTo(new Claim.Declined("the session is over or draining"));
    assertThat(table.isServing(a)).isFalse();
  }

  @Test
  void firstSessionOwnsTheServiceWithoutASecret() {
    ServiceTable owned = table(false);
    assertServes(owned, a);
    assertThat(owned.claim(b, "web")).isEqualTo(new Claim.Owned(a));
    assertThat(owned.claim(b, "ssh")).as("another service").isInstanceOf(Claim.Served.class);
    assertServes(owned, a);
    assertThat(owned.withdraw(a, "web")).isTrue();
    assertServes(owned, b);
  }

  @Test
  void withdrawAllRemovesEveryServiceOfTheSession() {
    assertServes(table, a);
    table.claim(a, "ssh");
    assertServes(table, b);
    assertThat(table.isServing(a)).isTrue();
    assertThat(table.withdrawAll(a)).containsExactly("web", "ssh");
    assertThat(table.isServing(a)).isFalse();
    assertThat(table.isServing(b)).isTrue();
    assertThat(table.withdrawAll(a)).isEmpty();
  }
}
