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

/** Who serves, and whose turn it is. */
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

  private static void serves(ServiceTable table, FakeSession session) {
    assertThat(table.claim(session, "web")).isInstanceOf(Claim.Served.class);
    assertThat(table.serves(session, "web")).isTrue();
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
  void sessionsTakeVisitorsInTurn() throws Exception {
    serves(table, a);
    serves(table, b);
    serves(table, c);
    assertThat(next(6)).containsExactly(a, b, c, a, b, c);
  }

  @Test
  void aServiceOfferedTwiceHasOneTurn() throws Exception {
    var addresses = List.of("192.0.2.7:80");
    assertThat(table.claim(a, "web")).isEqualTo(new Claim.Served(addresses, true));
    serves(table, b);
    assertThat(table.claim(a, "web")).isEqualTo(new Claim.Served(addresses, false));
    assertThat(next(4)).containsExactly(a, b, a, b);
  }

  @Test
  void whoCannotTakeAVisitorIsPassedOver() throws Exception {
    serves(table, a);
    serves(table, b);
    a.full = "full";
    assertThat(next(4)).containsOnly(b);
  }

  @Test
  void whoOwesASignOfLifeComesLast() throws Exception {
    serves(table, a);
    serves(table, b);
    serves(table, c);
    a.quiet = true;
    assertThat(next(6)).containsOnly(b, c).contains(b, c);
    assertThat(a.opens).isZero();
    b.full = "full";
    c.full = "full";
    assertThat(next(3)).as("better than nobody").containsOnly(a);
  }

  @Test
  void whereAllOweASignOfLifeTheyTakeTurnsAsEver() throws Exception {
    serves(table, a);
    serves(table, b);
    a.quiet = true;
    b.quiet = true;
    assertThat(next(4)).containsExactly(a, b, a, b);
  }

  /** Its sign of life may come between the look for lively ones and the look for quiet ones. */
  @Test
  void aSessionThatSpeaksUpWhileOneIsChosenIsNotOverlooked() throws Exception {
    serves(table, a);
    serves(table, b);
    a.quiet = true;
    b.full = "full";
    b.onOpen = () -> a.quiet = false;
    assertThat(next()).isEqualTo(a);
  }

  @Test
  void whereNobodyCanTakeAVisitorTheLastOneTellsWhy() {
    serves(table, a);
    a.full = "the session has 5 streams, which is its bound";
    assertThatThrownBy(this::next).isInstanceOf(IOException.class).hasMessage(a.full);
  }

  @Test
  void aServiceThatNobodyServesSaysSo() {
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
    serves(table, a);
    assertThat(table.withdraw(a, "web")).isTrue();
    assertThatThrownBy(this::next).hasMessage("no origin proxy serves 'web' now");
    assertThat(table.withdraw(a, "web")).as("it did no more").isFalse();
  }

  @Test
  void aServiceThatIsNotThereCanNeitherBeClaimedNorWithdrawn() {
    assertThat(table.claim(a, "mail"))
        .isEqualTo(new Claim.Declined("the remote proxy has no service 'mail'; it has [web, ssh]"));
    assertThat(table.withdraw(a, "mail")).isFalse();
  }

  @Test
  void aSessionThatIsOverServesNothing() {
    roster.leave(a);
    assertThat(table.claim(a, "web"))
        .isEqualTo(new Claim.Declined("the session is over or draining"));
    assertThat(table.serves(a)).isFalse();
  }

  @Test
  void withoutASecretTheFirstOneOwnsTheService() {
    ServiceTable owned = table(false);
    serves(owned, a);
    assertThat(owned.claim(b, "web")).isEqualTo(new Claim.Owned(a));
    assertThat(owned.claim(b, "ssh")).as("another service").isInstanceOf(Claim.Served.class);
    serves(owned, a);
    assertThat(owned.withdraw(a, "web")).isTrue();
    serves(owned, b);
  }

  @Test
  void allThatASessionServesIsWithdrawnTogether() {
    serves(table, a);
    table.claim(a, "ssh");
    serves(table, b);
    assertThat(table.serves(a)).isTrue();
    assertThat(table.withdrawAll(a)).containsExactly("web", "ssh");
    assertThat(table.serves(a)).isFalse();
    assertThat(table.serves(b)).isTrue();
    assertThat(table.withdrawAll(a)).isEmpty();
  }
}
