package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.session.ServiceRegistry.Answer;
import culvert.testing.TestLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Admission of sessions and their offers, also of services that another session owns. */
class MembershipTest {

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";
  private static final Answer TAKEN = new Answer.Served(List.of("192.0.2.7:80"));
  private static final Answer DECLINED = new Answer.Declined(OWNED);

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final Membership membership = membership(false);
  private final List<Boolean> serving = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final FakeSession owner = new FakeSession("laptop", "1");
  private final FakeSession newcomer = new FakeSession("desktop", "2");
  private final FakeSession third = new FakeSession("phone", "3");

  private Membership membership(boolean confirmed) {
    var services = Map.of("web", new HostPort("192.0.2.7", 80));
    var none = new Ports(Optional.empty(), null, new BufferPool());
    var sessionLog = new SessionLog(Duration.ofHours(1), counters, log.log());
    return new Membership(10, confirmed, services, none, counters, sessionLog);
  }

  @AfterEach
  void closeLog() {
    log.close();
  }

  /** Returns all log lines: a closed log has written everything. */
  private String logged() {
    log.close();
    return log.text();
  }

  private void offer(Membership membership, FakeSession session) {
    membership.offer(session, "web", answers::add);
  }

  private void join(Membership membership, FakeSession... sessions) {
    for (FakeSession session : sessions) {
      Runnable onChange = () -> serving.add(membership.table().isServing(session));
      assertThat(membership.admit(session, onChange)).isEmpty();
    }
  }

  /** The owner serves, the newcomer has offered the same service, and the owner is probed. */
  private void contest() {
    join(membership, owner, newcomer);
    offer(membership, owner);
    assertThat(answers).containsExactly(TAKEN);
    answers.clear();
    offer(membership, newcomer);
    assertThat(answers).as("answer before the owner was probed").isEmpty();
    assertThat(owner.probes).hasSize(1);
  }

  @Test
  void acceptedOfferIsAnsweredAndChangesTheServices() {
    join(membership, owner);
    offer(membership, owner);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(serving).containsExactly(true);
    membership.withdraw(owner, "web");
    assertThat(serving).containsExactly(true, false);
    membership.withdraw(owner, "web");
    assertThat(serving).as("second withdrawal").containsExactly(true, false);
  }

  @Test
  void declinedOfferDoesNotChangeTheServices() {
    join(membership, owner);
    membership.offer(owner, "mail", answers::add);
    assertThat(answers)
        .containsExactly(
            new Answer.Declined("the remote proxy has no service 'mail'; it has [web]"));
    assertThat(serving).isEmpty();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(1);
    assertThat(logged()).contains("offer declined");
  }

  @Test
  void declinedOffersOfOneSourceAreLoggedUpToALimit() {
    join(membership, owner);
    for (int i = 0; i < 105; i++) {
      membership.offer(owner, "mail", answers::add);
    }
    assertThat(logged().lines().filter(line -> line.contains("offer declined"))).hasSize(100);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(5);
    assertThat(answers).as("every offer is answered").hasSize(105);
  }

  @Test
  void sessionsShareAServiceWithoutProbesIfASecretIsSet() {
    Membership shared = membership(true);
    join(shared, owner, newcomer);
    offer(shared, owner);
    offer(shared, newcomer);
    assertThat(answers).containsExactly(TAKEN, TAKEN);
    assertThat(owner.probes).isEmpty();
  }

  @Test
  void ownerThatAnswersTheProbeKeepsItsService() {
    contest();
    owner.probes.remove().accept(true);
    assertThat(answers).containsExactly(DECLINED);
    assertThat(owner.closedFor).isNull();
    assertThat(membership.table().isServing(owner)).isTrue();
    assertThat(membership.table().isServing(newcomer)).isFalse();
    assertThat(serving).as("the newcomer serves nothing").containsExactly(true);
  }

  @Test
  void ownerThatDoesNotAnswerTheProbeLosesItsServiceAndSession() {
    contest();
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(owner.closedFor).isEqualTo(ByeReason.ERROR);
    assertThat(owner.closedWhy).contains("did not answer");
    assertThat(membership.table().isServing(owner)).isFalse();
    assertThat(membership.table().isServing(newcomer)).isTrue();
    assertThat(serving)
        .as("owner serves, owner does not, newcomer serves")
        .containsExactly(true, false, true);
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    offer(membership, owner);
    assertThat(answers).last().isEqualTo(new Answer.Declined("the session is over or draining"));
  }

  @Test
  void newcomerThatEndsDuringTheProbeServesNothing() {
    contest();
    membership.remove(newcomer);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(new Answer.Declined("the session is over or draining"));
    assertThat(membership.table().isServing(newcomer)).isFalse();
    assertThat(membership.table().isServing(owner))
        .as("no other session offers it any more")
        .isTrue();
    assertThat(owner.closedFor).isNull();
    join(membership, third);
    offer(membership, third);
    assertThat(owner.probes).as("the next probe").hasSize(1);
  }

  @Test
  void newcomerServesIfTheOwnerEndsDuringTheProbe() {
    contest();
    membership.remove(owner);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN);
  }

  @Test
  void sessionThatOffersWhileTheOwnerIsProbedKeepsTheService() {
    contest();
    membership.remove(owner);
    join(membership, third);
    offer(membership, third);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN, DECLINED);
    assertThat(membership.table().isServing(third)).isTrue();
    assertThat(membership.table().isServing(newcomer)).isFalse();
  }

  @Test
  void ownerIsProbedOnceForSeveralOffers() {
    contest();
    join(membership, third);
    offer(membership, third);
    offer(membership, newcomer);
    assertThat(answers).containsExactly(DECLINED, DECLINED);
    assertThat(owner.probes).hasSize(1);
    owner.probes.remove().accept(true);
    offer(membership, third);
    assertThat(owner.probes).as("the next probe").hasSize(1);
  }

  /** The owner's session was lost but its process logs in again before the probe is over. */
  @Test
  void ownerThatLogsInAgainDuringTheProbeIsNotExcluded() {
    var namesake = new FakeSession("laptop", "2");
    var back = new FakeSession("laptop", "1");
    join(membership, owner, namesake);
    offer(membership, owner);
    offer(membership, namesake);
    join(membership, back);
    assertThat(owner.closedFor).isEqualTo(ByeReason.STOPPING);
    offer(membership, back);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN, TAKEN, DECLINED);
    membership.remove(back);
    assertThat(membership.admit(new FakeSession("laptop", "1"), () -> {})).isEmpty();
  }

  @Test
  void replacedSessionServesNothingAndIsClosedWithTheReason() {
    Membership shared = membership(true);
    var successor = new FakeSession("laptop", "2");
    join(shared, owner);
    offer(shared, owner);
    join(shared, successor);
    assertThat(owner.closedFor).isEqualTo(ByeReason.SUPERSEDED);
    assertThat(owner.closedWhy).contains("'laptop'").contains("--name");
    assertThat(shared.table().isServing(owner)).isFalse();
    offer(shared, owner);
    assertThat(answers).last().isEqualTo(new Answer.Declined("the session is over or draining"));
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    assertThat(logged()).contains("session superseded").contains("laptop@192.0.2.1:1");
  }

  @Test
  void drainingSessionServesNothingAndFreesItsName() {
    Membership shared = membership(true);
    join(shared, owner);
    offer(shared, owner);
    shared.draining(owner, true);
    assertThat(shared.table().isServing(owner)).isFalse();
    join(shared, new FakeSession("laptop", "2"));
    assertThat(owner.closedFor).as("it may finish").isNull();
  }

  @Test
  void drainingSessionCannotOfferAService() {
    Membership shared = membership(true);
    join(shared, owner, newcomer);
    offer(shared, owner);
    shared.draining(owner, true);
    shared.draining(newcomer, true);
    offer(shared, owner);
    offer(shared, newcomer);
    var over = new Answer.Declined("the session is over or draining");
    assertThat(answers).containsExactly(TAKEN, over, over);
    assertThat(shared.table().isServing(owner)).isFalse();
    assertThat(shared.table().isServing(newcomer)).isFalse();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(2);
  }

  /** The newcomer waits for the probe of the owner and starts to drain before it is over. */
  @Test
  void sessionThatDrainsDuringTheProbeDoesNotReplaceTheOwner() {
    contest();
    membership.draining(newcomer, true);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(new Answer.Declined("the session is over or draining"));
    assertThat(membership.table().isServing(owner)).isTrue();
    assertThat(owner.closedFor).isNull();
  }

  @Test
  void removedSessionServesNothing() {
    join(membership, owner, newcomer);
    offer(membership, owner);
    membership.remove(owner);
    offer(membership, newcomer);
    assertThat(answers).containsExactly(TAKEN, TAKEN);
  }
}
