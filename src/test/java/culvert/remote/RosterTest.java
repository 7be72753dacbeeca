package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.ByeReason;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose login stands, whose is replaced, and who is not let in. */
class RosterTest {

  private static final int MOST = 3;
  private static final int REMEMBERED = 4096;

  private final List<String> evicted = new ArrayList<>();
  private final Roster known = roster(true);
  private final Roster anybody = roster(false);
  private final FakeSession first = new FakeSession("laptop", "1");
  private final FakeSession again = new FakeSession("laptop", "1");
  private final FakeSession second = new FakeSession("laptop", "2");

  private Roster roster(boolean confirmed) {
    return new Roster(MOST, confirmed, this::evicted);
  }

  private void evicted(Session session, ByeReason reason, String why) {
    evicted.add(session + ": " + reason);
    assertThat(why).isNotBlank();
  }

  private static void letsIn(Roster roster, Session... sessions) {
    for (Session session : sessions) {
      assertThat(roster.admit(session)).isEmpty();
      assertThat(roster.has(session)).isTrue();
    }
  }

  private static void refuses(Roster roster, Session session, ByeReason reason) {
    assertThat(roster.admit(session).map(Roster.Refusal::reason)).contains(reason);
    assertThat(roster.has(session)).isFalse();
  }

  @Test
  void sessionsOfDifferentNamesStandBesideEachOther() {
    letsIn(known, first, new FakeSession("desktop", "2"), new FakeSession("no name"));
    assertThat(evicted).isEmpty();
    assertThat(known.has(first)).isTrue();
  }

  @Test
  void withASecretALoginTakesTheNameFromAnotherProcess() {
    letsIn(known, first, second);
    assertThat(evicted).containsExactly("laptop of 1: SUPERSEDED");
    assertThat(known.has(first)).isFalse();
  }

  @Test
  void withASecretWhoLostItsNameIsNotLetInAgain() {
    letsIn(known, first, second);
    refuses(known, again, ByeReason.SUPERSEDED);
    assertThat(known.has(second)).as("who has the name keeps it").isTrue();
    known.leave(second);
    refuses(known, again, ByeReason.SUPERSEDED);
  }

  @Test
  void aRefusalForTheNameSaysWhatToDo() {
    letsIn(known, first, second);
    assertThat(known.admit(again).map(Roster.Refusal::why))
        .contains(
            "another process has logged in as 'laptop' since; give each process a --name of its"
                + " own");
  }

  @Test
  void withASecretASameProcessReplacesItsOwnSession() {
    letsIn(known, first, again);
    assertThat(evicted).containsExactly("laptop of 1: STOPPING");
    assertThat(known.has(first)).isFalse();
    known.leave(again);
    letsIn(known, first);
  }

  @Test
  void withoutASecretNobodyTakesANameFromAnotherProcess() {
    letsIn(anybody, first, second);
    assertThat(evicted).isEmpty();
    assertThat(anybody.has(first)).isTrue();
    anybody.leave(first);
    letsIn(anybody, again);
  }

  @Test
  void withoutASecretASameProcessReplacesItsOwnSession() {
    letsIn(anybody, first, second, again);
    assertThat(evicted).containsExactly("laptop of 1: STOPPING");
    assertThat(anybody.has(first)).isFalse();
    assertThat(anybody.has(second)).isTrue();
  }

  /** The instance is the process, the name who it is: both make a member. */
  @Test
  void aProcessUnderAnotherNameIsAnotherMember() {
    letsIn(known, first, new FakeSession("desktop", "1"));
    assertThat(evicted).isEmpty();
    letsIn(known, second);
    assertThat(evicted).containsExactly("laptop of 1: SUPERSEDED");
    letsIn(known, new FakeSession("desktop", "1"));
  }

  @Test
  void aSessionTooManyIsRefusedAsBusy() {
    letsIn(known, first, new FakeSession("a", "a"), new FakeSession("no name"));
    refuses(known, new FakeSession("b", "b"), ByeReason.BUSY);
    refuses(known, new FakeSession("no name either"), ByeReason.BUSY);
    known.leave(first);
    letsIn(known, new FakeSession("b", "b"));
  }

  @Test
  void whoReplacesAnotherNeedsNoPlaceOfItsOwn() {
    letsIn(known, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    letsIn(known, second);
    assertThat(known.has(first)).isFalse();
  }

  @Test
  void whoWasRefusedHasTakenNothing() {
    letsIn(anybody, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    refuses(anybody, second, ByeReason.BUSY);
    anybody.leave(second);
    assertThat(anybody.has(first)).isTrue();
    assertThat(evicted).isEmpty();
  }

  /** It may finish, and its successor is no usurper. */
  @Test
  void whoDrainsHasNoNameAnyMoreAndServesNothingMore() {
    letsIn(known, first);
    assertThat(known.has(first)).isTrue();
    assertThat(known.release(first)).isTrue();
    assertThat(known.release(first)).as("no news").isFalse();
    letsIn(known, second);
    assertThat(evicted).isEmpty();
    assertThat(known.has(first)).isFalse();
    letsIn(known, again);
    assertThat(evicted).containsExactly("laptop of 2: SUPERSEDED");
  }

  @Test
  void whoDrainsStillTakesAPlace() {
    letsIn(known, first, new FakeSession("a", "a"), new FakeSession("b", "b"));
    known.release(first);
    refuses(known, second, ByeReason.BUSY);
  }

  @Test
  void aDeadSessionThatLostItsServiceToItsNamesakeDoesNotComeBack() {
    letsIn(anybody, first, second);
    anybody.lost(first, second);
    assertThat(anybody.has(first)).isFalse();
    refuses(anybody, again, ByeReason.SUPERSEDED);
  }

  @Test
  void aDeadSessionThatLostItsServiceToAnotherNameMayComeBack() {
    var other = new FakeSession("desktop", "2");
    letsIn(anybody, first, other);
    anybody.lost(first, other);
    assertThat(anybody.has(first)).isFalse();
    letsIn(anybody, again);
  }

  @Test
  void aSessionWithoutANameThatLostItsServiceIsForgotten() {
    var dead = new FakeSession("no name");
    var heir = new FakeSession("no name either");
    letsIn(anybody, dead, heir);
    anybody.lost(dead, heir);
    assertThat(anybody.has(dead)).isFalse();
    letsIn(anybody, new FakeSession("no name"));
  }

  @Test
  void soManyWhoLostTheirNamesAreRememberedAndTheOldestIsForgottenFirst() {
    for (int i = 0; i <= REMEMBERED; i++) {
      letsIn(known, new FakeSession("laptop", "process " + i));
    }
    refuses(known, new FakeSession("laptop", "process 0"), ByeReason.SUPERSEDED);
    refuses(known, new FakeSession("laptop", "process 1"), ByeReason.SUPERSEDED);
    letsIn(known, new FakeSession("laptop", "one more"));
    refuses(known, new FakeSession("laptop", "process 1"), ByeReason.SUPERSEDED);
    assertThat(known.admit(new FakeSession("laptop", "process 0"))).isEqualTo(Optional.empty());
  }
}
