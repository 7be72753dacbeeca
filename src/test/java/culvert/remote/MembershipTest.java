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

/** Sessions come, offer, contest each other's services, and go. */
class MembershipTest {

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";
  private static final Answer TAKEN = new Answer.Taken(List.of("192.0.2.7:80"));
  private static final Answer DECLINED = new Answer.Declined(OWNED);

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final Membership anybody = membership(false);
  private final List<Boolean> serving = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final FakeSession owner = new FakeSession("laptop", "1");
  private final FakeSession newcomer = new FakeSession("desktop", "2");
  private final FakeSession third = new FakeSession("phone", "3");

  private Membership membership(boolean confirmed) {
    var services = Map.of("web", new HostPort("192.0.2.7", 80));
    var none = new Ports(Optional.empty(), null, new BufferPool());
    return new Membership(10, confirmed, services, none, Duration.ofHours(1), counters, log.log());
  }

  @AfterEach
  void endLog() {
    log.close();
  }

  /** All that was logged: a closed log has written everything. */
  private String logged() {
    log.close();
    return log.text();
  }

  private void offers(Membership membership, FakeSession session) {
    membership.offer(session, "web", answers::add);
  }

  private void join(Membership membership, FakeSession... sessions) {
    for (FakeSession session : sessions) {
      Runnable told = () -> serving.add(membership.table().serves(session));
      assertThat(membership.admit(session, told)).isEmpty();
    }
  }

  /** The owner serves, the newcomer has offered, and the owner is being asked. */
  private void contest() {
    join(anybody, owner, newcomer);
    offers(anybody, owner);
    assertThat(answers).containsExactly(TAKEN);
    answers.clear();
    offers(anybody, newcomer);
    assertThat(answers).as("the owner is asked first").isEmpty();
    assertThat(owner.probes).hasSize(1);
  }

  @Test
  void anOfferThatIsTakenIsHeardByWhoServesAndByItsPlace() {
    join(anybody, owner);
    offers(anybody, owner);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(serving).containsExactly(true);
    anybody.withdraw(owner, "web");
    assertThat(serving).containsExactly(true, false);
    anybody.withdraw(owner, "web");
    assertThat(serving).as("it served nothing before either").containsExactly(true, false);
  }

  @Test
  void anOfferThatIsDeclinedServesNothing() {
    join(anybody, owner);
    anybody.offer(owner, "mail", answers::add);
    assertThat(answers)
        .containsExactly(
            new Answer.Declined("the remote proxy has no service 'mail'; it has [web]"));
    assertThat(serving).isEmpty();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(1);
    assertThat(logged()).contains("offer declined");
  }

  @Test
  void complaintsAboutOneSourceAreLoggedSomeTimesInAWhile() {
    join(anybody, owner);
    for (int i = 0; i < 105; i++) {
      anybody.offer(owner, "mail", answers::add);
    }
    assertThat(logged().lines().filter(line -> line.contains("offer declined"))).hasSize(100);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(5);
    assertThat(answers).as("each hears").hasSize(105);
  }

  @Test
  void withASecretSessionsShareAServiceAndNobodyIsAsked() {
    Membership known = membership(true);
    join(known, owner, newcomer);
    offers(known, owner);
    offers(known, newcomer);
    assertThat(answers).containsExactly(TAKEN, TAKEN);
    assertThat(owner.probes).isEmpty();
  }

  @Test
  void anOwnerThatLivesKeepsItsService() {
    contest();
    owner.probes.remove().accept(true);
    assertThat(answers).containsExactly(DECLINED);
    assertThat(owner.closedFor).isNull();
    assertThat(anybody.table().serves(owner)).isTrue();
    assertThat(anybody.table().serves(newcomer)).isFalse();
    assertThat(serving).as("the newcomer is still a stranger").containsExactly(true);
  }

  @Test
  void anOwnerThatGivesNoSignOfLifeLosesItsServiceAndItsSession() {
    contest();
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(owner.closedFor).isEqualTo(ByeReason.ERROR);
    assertThat(owner.closedWhy).contains("no sign of life");
    assertThat(anybody.table().serves(owner)).isFalse();
    assertThat(anybody.table().serves(newcomer)).isTrue();
    assertThat(serving).as("one, none, the other").containsExactly(true, false, true);
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    offers(anybody, owner);
    assertThat(answers).last().isEqualTo(new Answer.Declined("the session is over or draining"));
  }

  @Test
  void aNewcomerThatIsGoneMeanwhileServesNothing() {
    contest();
    anybody.leave(newcomer);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(new Answer.Declined("the session is over or draining"));
    assertThat(anybody.table().serves(newcomer)).isFalse();
    assertThat(anybody.table().serves(owner)).as("nobody wants it any more").isTrue();
    assertThat(owner.closedFor).isNull();
    join(anybody, third);
    offers(anybody, third);
    assertThat(owner.probes).as("the next question").hasSize(1);
  }

  @Test
  void anOwnerThatWentMeanwhileIsFollowedByTheNewcomer() {
    contest();
    anybody.leave(owner);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN);
  }

  @Test
  void whoWasFirstWhileTheOwnerWasAskedHasTheService() {
    contest();
    anybody.leave(owner);
    join(anybody, third);
    offers(anybody, third);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN, DECLINED);
    assertThat(anybody.table().serves(third)).isTrue();
    assertThat(anybody.table().serves(newcomer)).isFalse();
  }

  @Test
  void oneQuestionAtATimeHoweverManyWantToKnow() {
    contest();
    join(anybody, third);
    offers(anybody, third);
    offers(anybody, newcomer);
    assertThat(answers).containsExactly(DECLINED, DECLINED);
    assertThat(owner.probes).hasSize(1);
    owner.probes.remove().accept(true);
    offers(anybody, third);
    assertThat(owner.probes).as("the next question").hasSize(1);
  }

  /** Its session was lost, its process was not: it logged in anew before the answer was due. */
  @Test
  void anOwnerThatCameBackWhileItWasAskedIsNotShutOut() {
    var namesake = new FakeSession("laptop", "2");
    var back = new FakeSession("laptop", "1");
    join(anybody, owner, namesake);
    offers(anybody, owner);
    offers(anybody, namesake);
    join(anybody, back);
    assertThat(owner.closedFor).isEqualTo(ByeReason.STOPPING);
    offers(anybody, back);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(TAKEN, TAKEN, DECLINED);
    anybody.leave(back);
    assertThat(anybody.admit(new FakeSession("laptop", "1"), () -> {})).isEmpty();
  }

  @Test
  void whoIsReplacedServesNothingAndHearsWhy() {
    Membership known = membership(true);
    var heir = new FakeSession("laptop", "2");
    join(known, owner);
    offers(known, owner);
    join(known, heir);
    assertThat(owner.closedFor).isEqualTo(ByeReason.SUPERSEDED);
    assertThat(owner.closedWhy).contains("'laptop'").contains("--name");
    assertThat(known.table().serves(owner)).isFalse();
    offers(known, owner);
    assertThat(answers).last().isEqualTo(new Answer.Declined("the session is over or draining"));
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    assertThat(logged()).contains("session superseded").contains("laptop@192.0.2.1:1");
  }

  @Test
  void whoDrainsServesNothingAndItsNameIsFree() {
    Membership known = membership(true);
    join(known, owner);
    offers(known, owner);
    known.drains(owner, true);
    assertThat(known.table().serves(owner)).isFalse();
    join(known, new FakeSession("laptop", "2"));
    assertThat(owner.closedFor).as("it may finish").isNull();
  }

  @Test
  void whoDrainsTakesNoNewService() {
    Membership known = membership(true);
    join(known, owner, newcomer);
    offers(known, owner);
    known.drains(owner, true);
    known.drains(newcomer, true);
    offers(known, owner);
    offers(known, newcomer);
    var over = new Answer.Declined("the session is over or draining");
    assertThat(answers).containsExactly(TAKEN, over, over);
    assertThat(known.table().serves(owner)).isFalse();
    assertThat(known.table().serves(newcomer)).isFalse();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(2);
  }

  /** It was told to wait for the owner's answer, and began to drain before that came. */
  @Test
  void whoDrainsWhileTheOwnerIsAskedTakesNothingFromIt() {
    contest();
    anybody.drains(newcomer, true);
    owner.probes.remove().accept(false);
    assertThat(answers).containsExactly(new Answer.Declined("the session is over or draining"));
    assertThat(anybody.table().serves(owner)).isTrue();
    assertThat(owner.closedFor).isNull();
  }

  @Test
  void whoLeavesServesNothing() {
    join(anybody, owner, newcomer);
    offers(anybody, owner);
    anybody.leave(owner);
    offers(anybody, newcomer);
    assertThat(answers).containsExactly(TAKEN, TAKEN);
  }
}
