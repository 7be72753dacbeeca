package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.origin.OriginProxy.End;
import culvert.origin.RemoteMembers.Start;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The rule for the end of the process. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RemoteMembersTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** A member that runs until it is stopped. */
  private static class Waiting implements RemoteMembers.Member {
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public String name() {
      return "test";
    }

    @Override
    public void run() {
      try {
        stopped.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void tryNow() {}

    @Override
    public void servicesChanged() {}

    @Override
    public void healthChanged(String service) {}

    @Override
    public void drain(Duration limit) {
      close();
    }

    @Override
    public void close() {
      stopped.countDown();
    }
  }

  /** A name. */
  private static final class Name extends Waiting {
    @Override
    public boolean isName() {
      return true;
    }
  }

  /** An address of a name. */
  private static final class Address extends Waiting {
    private final Name name;

    Address(Name name) {
      this.name = name;
    }

    @Override
    public RemoteMembers.Member root() {
      return name;
    }
  }

  private final RemoteMembers members = new RemoteMembers();

  private Waiting start() {
    return start(new Waiting());
  }

  private <M extends Waiting> M start(M member) {
    members.start(List.of(member));
    return member;
  }

  /** Records a failure as a member does. */
  private boolean fail(RemoteMembers.Member member, End how) {
    boolean isLast = members.failed(member, how);
    if (isLast) {
      members.end();
    }
    return isLast;
  }

  private List<RemoteMembers.Member> running() {
    var all = new ArrayList<RemoteMembers.Member>();
    members.forEach(all::add);
    return all;
  }

  @AfterEach
  void stop() {
    members.stop(RemoteMembers.Member::close);
    members.awaitEmpty();
  }

  @Test
  void onlyMemberEndsTheRoleWithItsFailure() {
    assertThat(fail(start(), End.DECLINED)).isTrue();
    assertThat(members.awaitEnd()).isEqualTo(End.DECLINED);
  }

  @Test
  void roleEndsWithTheFirstFailureInTheOrderOfTheEnds() {
    Waiting declined = start();
    Waiting refused = start();
    Waiting unreachable = start();
    assertThat(fail(unreachable, End.UNREACHABLE)).isFalse();
    assertThat(fail(declined, End.DECLINED)).isFalse();
    assertThat(fail(refused, End.CREDENTIALS)).isTrue();
    assertThat(members.awaitEnd()).isEqualTo(End.UNREACHABLE);
  }

  @Test
  void memberThatHasRecoveredKeepsTheRoleRunning() {
    Waiting one = start();
    Waiting two = start();
    fail(one, End.CREDENTIALS);
    members.recovered(one);
    assertThat(fail(two, End.CREDENTIALS)).isFalse();
    assertThat(fail(one, End.CREDENTIALS)).isTrue();
  }

  @Test
  void memberThatAbstainsNeitherEndsNorKeepsTheRole() {
    Waiting name = start();
    Waiting address = start();
    members.abstain(name);
    assertThat(fail(address, End.SUPERSEDED)).isTrue();
  }

  @Test
  void roleEndsIfTheLastMemberThatHadNotFailedAbstains() {
    Waiting name = start();
    fail(start(), End.CREDENTIALS);
    members.abstain(name);
    assertThat(members.awaitEnd()).isEqualTo(End.CREDENTIALS);
  }

  @Test
  void roleEndsIfTheLastMemberThatHadNotFailedIsRemoved() {
    Waiting failed = start();
    Waiting gone = start();
    assertThat(fail(failed, End.CREDENTIALS)).isFalse();
    gone.close();
    assertThat(members.awaitEnd()).isEqualTo(End.CREDENTIALS);
  }

  @Test
  void stopPrecedesAFailure() {
    Waiting member = start();
    members.stop(one -> {});
    assertThat(fail(member, End.CREDENTIALS)).isFalse();
    assertThat(members.awaitEnd()).isEqualTo(End.CLOSED);
    start();
    assertThat(running()).containsExactly(member);
    member.close();
  }

  @Test
  void numberOfMembersIsLimited() {
    Name name = start(new Name());
    for (int i = 0; i < OriginSettings.MAX_REMOTES; i++) {
      assertThat(members.startAddress(new Address(name))).isEqualTo(Start.STARTED);
    }
    assertThat(members.startAddress(new Address(name))).isEqualTo(Start.NO_PLACE);
    assertThat(members.isOverfull()).isFalse();
  }

  @Test
  void memberOfTheSettingsHasAPlaceAndAnAddressMakesRoom() throws Exception {
    Name name = start(new Name());
    var addresses = Stream.generate(() -> new Address(name)).limit(OriginSettings.MAX_REMOTES);
    List<Address> all = addresses.toList();
    all.forEach(members::startAddress);
    Waiting added = new Waiting();
    members.change(List.of(), List.of(added));
    assertThat(running()).contains(added);
    assertThat(members.isOverfull()).isTrue();
    all.getFirst().close();
    Eventually.within(LIMIT, () -> assertThat(members.isOverfull()).isFalse());
  }

  @Test
  void removedNameTakesItsAddressesWithIt() {
    Waiting other = start();
    Name name = start(new Name());
    var address = new Address(name);
    members.startAddress(address);
    assertThat(members.change(List.of(name), List.of()).retired()).containsExactly(name, address);
    assertThat(members.startAddress(new Address(name))).isEqualTo(Start.STOPPED);
    assertThat(fail(other, End.DECLINED)).isTrue();
  }

  /** It still runs, because its visitors may finish. */
  @Test
  void removedMemberNeitherEndsNorKeepsTheRole() {
    Waiting removed = start();
    Waiting other = start();
    members.change(List.of(removed), List.of());
    members.recovered(removed);
    assertThat(fail(removed, End.UNREACHABLE)).isFalse();
    assertThat(fail(other, End.CREDENTIALS)).isTrue();
    assertThat(members.awaitEnd()).isEqualTo(End.CREDENTIALS);
  }

  @Test
  void removedMemberLeavesItsPlace() {
    List<Waiting> all = Stream.generate(Waiting::new).limit(OriginSettings.MAX_REMOTES).toList();
    members.start(all);
    members.change(all, List.of(new Waiting()));
    assertThat(members.isOverfull()).isFalse();
    assertThat(running()).hasSize(OriginSettings.MAX_REMOTES + 1);
  }

  @Test
  void changeForgetsFailures() throws Exception {
    Waiting failed = start();
    Waiting serving = start();
    fail(failed, End.CREDENTIALS);
    assertThat(members.change(List.of(serving), List.of()).failed()).containsExactly(failed);
    serving.close();
    Eventually.within(LIMIT, () -> assertThat(running()).containsExactly(failed));
    assertThat(fail(failed, End.DECLINED)).isTrue();
    assertThat(members.awaitEnd()).isEqualTo(End.DECLINED);
  }

  @Test
  void memberThatIsAddedKeepsTheRoleRunning() {
    Waiting failed = start();
    members.change(List.of(), List.of(new Waiting()));
    assertThat(fail(failed, End.CREDENTIALS)).isFalse();
  }
}
