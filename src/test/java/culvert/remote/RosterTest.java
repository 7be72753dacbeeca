package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which logins are admitted, replaced and refused. */
class RosterTest {

  private static final int MAX_SESSIONS = 3;
  private static final int MAX_SUPERSEDED = 4096;

  private final List<String> evicted = new ArrayList<>();
  private final Roster confirmed = new Roster(MAX_SESSIONS, true);
  private final Roster unconfirmed = new Roster(MAX_SESSIONS, false);
  private final FakeSession first = new FakeSession("laptop", "1");
  private final FakeSession again = new FakeSession("laptop", "1");
  private final FakeSession second = new FakeSession("laptop", "2");

  /** Admits the sessions and gives each its name, as if its offers were accepted. */
  private void assertAdmitted(Roster roster, Session... sessions) {
    for (Session session : sessions) {
      assertThat(roster.admit(session).refusal()).isEmpty();
      roster.namesakes(session).forEach(old -> evicted.add(old.toString()));
      roster.enter(session, Set.of());
      assertThat(roster.isActive(session)).isTrue();
    }
  }

  private static void assertRefused(Roster roster, Session session, ByeReason reason) {
    assertThat(roster.admit(session).refusal().map(Roster.Refusal::reason)).contains(reason);
    assertThat(roster.isActive(session)).isFalse();
  }

  @Test
  void sessionsOfDifferentNamesAreAdmittedTogether() {
    assertAdmitted(confirmed, first, new FakeSession("desktop", "2"), new FakeSession("no name"));
    assertThat(evicted).isEmpty();
    assertThat(confirmed.isActive(first)).isTrue();
  }

  @Test
  void loginReplacesTheSessionOfAnotherProcessIfASecretIsSet() {
    assertAdmitted(confirmed, first, second);
    assertThat(evicted).containsExactly("laptop of 1");
    assertThat(confirmed.isActive(first)).isFalse();
  }

  @Test
  void processThatLostItsNameIsRefusedIfASecretIsSet() {
    assertAdmitted(confirmed, first, second);
    assertRefused(confirmed, again, ByeReason.SUPERSEDED);
    assertThat(confirmed.isActive(second)).as("the newer session keeps the name").isTrue();
    confirmed.remove(second);
    assertRefused(confirmed, again, ByeReason.SUPERSEDED);
  }

  @Test
  void refusalForTheNameNamesTheOptionToSet() {
    assertAdmitted(confirmed, first, second);
    assertThat(confirmed.admit(again).refusal().map(Roster.Refusal::why))
        .contains(
            "another process has logged in as 'laptop' since; give each process a --name of its"
                + " own");
  }

  @Test
  void processReplacesItsOwnSessionIfASecretIsSet() {
    assertAdmitted(confirmed, first, again);
    assertThat(evicted).containsExactly("laptop of 1");
    assertThat(confirmed.isActive(first)).isFalse();
    confirmed.remove(again);
    assertAdmitted(confirmed, first);
  }

  /** A reload adds a secret: a session from before has not proven it. */
  @Test
  void sessionFromBeforeTheSecretTakesNoName() {
    Roster roster = unconfirmed;
    assertThat(roster.admit(second).refusal()).isEmpty();
    roster.apply(MAX_SESSIONS, true);
    assertAdmitted(roster, first);
    assertThat(roster.namesakes(second)).isEmpty();
    assertThat(roster.verifiedName(second)).isEmpty();
    assertThat(roster.verifiedName(first)).contains("laptop");
    roster.enter(second, Set.of());
    assertThat(roster.isActive(first)).isTrue();
    assertThat(roster.namesakes(first)).containsExactly(second);
  }

  @Test
  void loginReplacesNoOtherProcessWithoutASecret() {
    assertAdmitted(unconfirmed, first, second);
    assertThat(evicted).isEmpty();
    assertThat(unconfirmed.isActive(first)).isTrue();
    unconfirmed.remove(first);
    assertAdmitted(unconfirmed, again);
  }

  @Test
  void processReplacesItsOwnSessionWithoutASecret() {
    assertAdmitted(unconfirmed, first, second, again);
    assertThat(evicted).containsExactly("laptop of 1");
    assertThat(unconfirmed.isActive(first)).isFalse();
    assertThat(unconfirmed.isActive(second)).isTrue();
  }

  /** Name and instance together identify a client. */
  @Test
  void processUnderAnotherNameIsAnotherClient() {
    assertAdmitted(confirmed, first, new FakeSession("desktop", "1"));
    assertThat(evicted).isEmpty();
    assertAdmitted(confirmed, second);
    assertThat(evicted).containsExactly("laptop of 1");
    assertAdmitted(confirmed, new FakeSession("desktop", "1"));
  }

  @Test
  void sessionOverTheLimitIsRefusedAsBusy() {
    assertAdmitted(confirmed, first, new FakeSession("a", "a"), new FakeSession("no name"));
    assertRefused(confirmed, new FakeSession("b", "b"), ByeReason.BUSY);
    assertRefused(confirmed, new FakeSession("no name either"), ByeReason.BUSY);
    confirmed.remove(first);
    assertAdmitted(confirmed, new FakeSession("b", "b"));
  }

  @Test
  void replacingSessionIsAdmittedAtTheLimit() {
    assertAdmitted(confirmed, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    assertAdmitted(confirmed, second);
    assertThat(confirmed.isActive(first)).isFalse();
  }

  @Test
  void refusedSessionReplacesNoOther() {
    assertAdmitted(unconfirmed, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    assertRefused(unconfirmed, second, ByeReason.BUSY);
    unconfirmed.remove(second);
    assertThat(unconfirmed.isActive(first)).isTrue();
    assertThat(evicted).isEmpty();
  }

  /** A draining session may finish, and the next login under its name replaces no session. */
  @Test
  void drainingSessionHasNoNameAndIsNotActive() {
    assertAdmitted(confirmed, first);
    assertThat(confirmed.isActive(first)).isTrue();
    assertThat(confirmed.release(first)).isTrue();
    assertThat(confirmed.release(first)).as("second release").isFalse();
    assertAdmitted(confirmed, second);
    assertThat(evicted).isEmpty();
    assertThat(confirmed.isActive(first)).isFalse();
    assertAdmitted(confirmed, again);
    assertThat(evicted).containsExactly("laptop of 2");
  }

  @Test
  void sessionsThatServeNothingLeavePlacesForOthers() {
    for (int i = 0; i <= MAX_SESSIONS; i++) {
      assertThat(confirmed.admit(new FakeSession("idle " + i)).refusal()).isEmpty();
    }
    assertAdmitted(confirmed, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    confirmed.servesNothing(first);
    assertAdmitted(confirmed, new FakeSession("c", "c"));
    assertRefused(confirmed, new FakeSession("d", "d"), ByeReason.BUSY);
    assertThat(confirmed.full(first)).contains("all 3 sessions are in use");
  }

  @Test
  void namesakeThatServesNothingIsNoPlaceForItsSuccessor() {
    assertAdmitted(confirmed, first);
    confirmed.servesNothing(first);
    assertAdmitted(confirmed, new FakeSession("a"), new FakeSession("b"), new FakeSession("c"));
    assertThat(confirmed.full(again)).contains("all 3 sessions are in use");
  }

  @Test
  void drainingSessionCountsTowardsTheLimit() {
    assertAdmitted(confirmed, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    confirmed.release(first);
    assertRefused(confirmed, second, ByeReason.BUSY);
  }

  @Test
  void deadSessionReplacedUnderItsNameIsRefusedLater() {
    assertAdmitted(unconfirmed, first, second);
    unconfirmed.replace(first, second);
    assertThat(unconfirmed.isActive(first)).isFalse();
    assertRefused(unconfirmed, again, ByeReason.SUPERSEDED);
  }

  @Test
  void deadSessionReplacedUnderAnotherNameIsAdmittedAgain() {
    var other = new FakeSession("desktop", "2");
    assertAdmitted(unconfirmed, first, other);
    unconfirmed.replace(first, other);
    assertThat(unconfirmed.isActive(first)).isFalse();
    assertAdmitted(unconfirmed, again);
  }

  @Test
  void deadSessionWithoutANameIsForgotten() {
    var dead = new FakeSession("no name");
    var successor = new FakeSession("no name either");
    assertAdmitted(unconfirmed, dead, successor);
    unconfirmed.replace(dead, successor);
    assertThat(unconfirmed.isActive(dead)).isFalse();
    assertAdmitted(unconfirmed, new FakeSession("no name"));
  }

  @Test
  void supersededProcessesAreRememberedUpToALimitAndTheOldestIsForgottenFirst() {
    for (int i = 0; i <= MAX_SUPERSEDED; i++) {
      assertAdmitted(confirmed, new FakeSession("laptop", "process " + i));
    }
    assertRefused(confirmed, new FakeSession("laptop", "process 0"), ByeReason.SUPERSEDED);
    assertRefused(confirmed, new FakeSession("laptop", "process 1"), ByeReason.SUPERSEDED);
    assertAdmitted(confirmed, new FakeSession("laptop", "one more"));
    assertRefused(confirmed, new FakeSession("laptop", "process 1"), ByeReason.SUPERSEDED);
    assertThat(confirmed.admit(new FakeSession("laptop", "process 0")).refusal()).isEmpty();
  }

  @Test
  void admittedSessionTakesNoNameBeforeItServes() {
    assertAdmitted(confirmed, first);
    assertThat(confirmed.admit(second).refusal()).isEmpty();
    assertThat(confirmed.isActive(first)).isTrue();
    assertThat(confirmed.namesakes(second)).containsExactly(first);
    confirmed.remove(second);
    assertThat(confirmed.isActive(first)).isTrue();
  }

  @Test
  void newLoginEndsAnEarlierOneOfItsProcessThatHasNotServed() {
    assertThat(confirmed.admit(first).refusal()).isEmpty();
    assertThat(confirmed.admit(again).abandoned()).containsExactly(first);
    assertThat(confirmed.isActive(first)).isFalse();
    assertThat(confirmed.admit(second).abandoned()).as("of another process").isEmpty();
  }

  private static RegistrationStep.Decline declined(int service) {
    return new RegistrationStep.Decline(
        Offer.of("s" + service), DeclinedReason.SETTINGS, "there is no such service");
  }

  @Test
  void repeatedRefusalIsRecognizedUpToALimit() {
    assertAdmitted(confirmed, first);
    for (int i = 0; i < 256; i++) {
      assertThat(confirmed.record(first, declined(i))).isEqualTo(Roster.Repetition.FIRST);
    }
    assertThat(confirmed.record(first, declined(0))).isEqualTo(Roster.Repetition.REPEATED);
    assertThat(confirmed.record(first, declined(255))).isEqualTo(Roster.Repetition.REPEATED);
    assertThat(confirmed.record(first, declined(256))).isEqualTo(Roster.Repetition.UNKNOWN);
    assertThat(confirmed.record(first, declined(256))).isEqualTo(Roster.Repetition.UNKNOWN);
  }

  @Test
  void refusalsOfASessionAreForgottenWithIt() {
    assertAdmitted(confirmed, first);
    confirmed.record(first, declined(0));
    confirmed.remove(first);
    assertThat(confirmed.record(first, declined(0))).isEqualTo(Roster.Repetition.FIRST);
    assertAdmitted(confirmed, first);
    assertThat(confirmed.record(first, declined(0))).isEqualTo(Roster.Repetition.FIRST);
  }
}
