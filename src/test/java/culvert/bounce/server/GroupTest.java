package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What members of a group hear of each other. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class GroupTest {

  private static final long MEGABYTE = 1 << 20;

  private final ExecutorService others = Executors.newVirtualThreadPerTaskExecutor();

  private static BounceFixture.Setup setup() {
    return new BounceFixture.Setup();
  }

  private static void closeAll(List<RawMember> guests) throws IOException {
    for (RawMember guest : guests) {
      guest.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 16})
  void eachHearsAllOthersWholeAndInOrder(int size) throws Exception {
    long bytes = MEGABYTE / 2;
    var guests = new ArrayList<RawMember>();
    try (BounceFixture bounce = setup().members(size).start()) {
      for (int i = 0; i < size; i++) {
        guests.add(bounce.join(5));
      }
      var sum = new ArrayList<Future<Long>>();
      for (RawMember sender : guests) {
        sum.clear();
        for (RawMember other : guests) {
          if (other != sender) {
            sum.add(others.submit(() -> RandomBytes.receive(other.in(), bytes)));
          }
        }
        long sent = new RandomBytes(size).send(sender.out(), bytes).sum();
        for (Future<Long> one : sum) {
          assertThat(one.get()).isEqualTo(sent);
        }
      }
    } finally {
      closeAll(guests);
    }
  }

  @Test
  void nothingOf200MegabytesIsLostToAReaderThatPauses() throws Exception {
    long bytes = 200 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1)) {
      var sum = others.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      // Until the sender can not go on: all there is between the two is full.
      Eventually.within(
          BounceFixture.SOON,
          () ->
              assertThat(bounce.server.members())
                  .anyMatch(member -> member.state() == MemberView.State.WAITING));
      assertThat(sum.isDone()).isFalse();
      assertThat(RandomBytes.receive(reader.in(), bytes)).isEqualTo(sum.get());
      Eventually.within(
          BounceFixture.SOON,
          () ->
              assertThat(bounce.server.members())
                  .allMatch(member -> member.state() == MemberView.State.READY));
    }
  }

  @Test
  void bothWaysAtOnceArriveWhole() throws Exception {
    long bytes = 20 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember one = bounce.join(1);
        RawMember other = bounce.join(1)) {
      var sent = others.submit(() -> new RandomBytes(1).send(one.out(), bytes).sum());
      var sentBack = others.submit(() -> new RandomBytes(2).send(other.out(), bytes).sum());
      var received = others.submit(() -> RandomBytes.receive(one.in(), bytes));
      assertThat(RandomBytes.receive(other.in(), bytes)).isEqualTo(sent.get());
      assertThat(received.get()).isEqualTo(sentBack.get());
    }
  }

  @Test
  void whatTheFirstSaysBeforeThereIsASecondIsHeldForIt() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1).send("early, ")) {
      bounce.awaitEvent("0 WAITING");
      first.send("and ");
      try (RawMember second = bounce.join(1)) {
        first.send("late");
        second.expect("early, and late");
        bounce.awaitEvent("0 READY");
      }
    }
  }

  @Test
  void moreThanIsHeldWaitsInTheNetworkAndArrivesInOrder() throws Exception {
    long bytes = 32 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1)) {
      var sum = others.submit(() -> new RandomBytes(1).send(first.out(), bytes).sum());
      bounce.awaitEvent("0 WAITING");
      try (RawMember second = bounce.join(1)) {
        assertThat(RandomBytes.receive(second.in(), bytes)).isEqualTo(sum.get());
      }
    }
  }

  @Test
  void whatOneSaysAloneAfterADepartureReachesNobody() throws Exception {
    try (BounceFixture bounce = setup().wantsReads().start();
        RawMember first = bounce.join(1)) {
      bounce.join(1).close();
      bounce.awaitMembers(1);
      first.send("to nobody");
      bounce.awaitEvent("0 read to nobody");
      try (RawMember third = bounce.join(1)) {
        first.send("to somebody");
        third.expect("to somebody");
      }
    }
  }

  @Test
  void oneAloneAfterADepartureIsReadHoweverMuchItSays() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1)) {
      bounce.join(1).close();
      bounce.awaitMembers(1);
      new RandomBytes(1).send(first.out(), 32 * MEGABYTE);
    }
  }

  @Test
  void aNumberWhoseLastMemberLeftIsFresh() throws Exception {
    try (BounceFixture bounce = setup().start()) {
      try (RawMember first = bounce.join(1);
          RawMember second = bounce.join(1)) {
        first.send("x");
        second.expect("x");
      }
      bounce.awaitMembers(0);
      try (RawMember first = bounce.join(1)) {
        first.send("held");
        bounce.awaitEvent("2 WAITING");
        try (RawMember second = bounce.join(1)) {
          second.expect("held");
        }
      }
    }
  }

  @Test
  void aFullGroupTakesNobodyUntilOneLeaves() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      bounce.dial().send("hi0001").expectLast("Connection Group Full");
      bounce.awaitEvent("2 disconnected: Connection Group Full");
      assertThat(bounce.server.counters().get(Counter.MEMBERS_OVER_LIMIT)).isEqualTo(1);
      second.leave();
      bounce.awaitMembers(1);
      try (RawMember third = bounce.join(1)) {
        third.send("x");
        first.expect("x");
      }
    }
  }

  /** Who hangs up and dials again is often heard before its hanging up is. */
  @Test
  void aPlaceThatIsLeftIsFreeForWhoDialsAtOnce() throws Exception {
    try (BounceFixture bounce = new BounceFixture.Setup().start();
        RawMember stays = bounce.join(1)) {
      for (int i = 0; i < 300; i++) {
        RawMember guest = RawMember.dial(bounce.server.address());
        guest.send("hi0001").expect("4-BounceServer_1.0\nREADY");
        guest.leave();
      }
      stays.leave();
      bounce.awaitMembers(0);
    }
  }

  @Test
  void aFullServerTakesNobodyUntilOneLeaves() throws Exception {
    try (BounceFixture bounce = setup().clients(2).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(2)) {
      bounce.dial().send("hi0003").expectLast("Connection Group Full");
      second.leave();
      bounce.awaitMembers(1);
      bounce.join(3).close();
      assertThat(first.socket().isConnected()).isTrue();
    }
  }

  @Test
  void groupsHearNothingOfEachOther() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember one = bounce.join(1);
        RawMember two = bounce.join(2);
        RawMember otherOne = bounce.join(1);
        RawMember otherTwo = bounce.join(2)) {
      one.send("one");
      two.send("two");
      otherOne.expect("one");
      otherTwo.expect("two");
    }
  }

  @Test
  void echoComesBackFromWhenItIsSwitchedOn() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      first.send("quiet");
      second.expect("quiet");
      bounce.server.setEcho(true);
      assertThat(bounce.server.isEchoOn()).isTrue();
      first.send("loud").expect("loud");
      second.expect("loud");
      bounce.server.setEcho(false);
      first.send("quiet");
      second.expect("quiet").send("x");
      first.expect("x");
    }
  }

  @Test
  void echoComesBackOnceAlsoOfWhatIsHeld() throws Exception {
    try (BounceFixture bounce = setup().echo().start();
        RawMember first = bounce.join(1)) {
      first.send("alone").expect("alone").send("again").expect("again");
      try (RawMember second = bounce.join(1)) {
        second.expect("aloneagain");
        first.send("x").expect("x");
        second.expect("x");
      }
    }
  }

  @Test
  void echoReachesOneThatIsAlone() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember alone = bounce.join(1)) {
      alone.send("held");
      bounce.awaitEvent("0 WAITING");
      bounce.server.setEcho(true);
      alone.expect("held");
      bounce.join(1).expect("held").leave();
      bounce.awaitMembers(1);
      alone.send("x").expect("x");
    }
  }

  /** Numbers without a gap, of which each new member hears READY and then some in a row. */
  @Test
  void whoeverJoinsWhileOthersTalkIsGreetedFirstAndMissesNothingFromThen() throws Exception {
    try (BounceFixture bounce = setup().members(3).start();
        RawMember sender = bounce.join(1)) {
      var sending =
          others.submit(() -> {
            byte[] piece = new byte[251 * 16];
            for (int i = 0; i < piece.length; i++) {
              piece[i] = (byte) (i % 251);
            }
            for (; ; ) {
              sender.out().write(piece);
            }
          });
      for (int i = 0; i < 200; i++) {
        try (RawMember guest = bounce.join(1)) {
          byte[] heard = guest.in().readNBytes(20_000);
          for (int n = 1; n < heard.length; n++) {
            assertThat(heard[n] & 0xff).isEqualTo(((heard[n - 1] & 0xff) + 1) % 251);
          }
        }
        bounce.awaitMembers(1);
      }
      sender.leave();
      assertThat(sending).failsWithin(BounceFixture.SOON);
    }
  }

  @Test
  void aKilledMemberIsGoneAndDisturbsNobody() throws Exception {
    try (BounceFixture bounce = setup().members(4).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1);
        RawMember third = bounce.join(1);
        RawMember fourth = bounce.join(1)) {
      assertThat(bounce.server.kill(1)).isTrue();
      assertThat(bounce.server.kill(1)).isFalse();
      second.expectLast("");
      bounce.awaitEvent("1 disconnected: Disconnected by server");
      assertThat(bounce.server.kill(third.address())).isTrue();
      assertThat(bounce.server.kill(third.address())).isFalse();
      third.expectLast("");
      first.send("x");
      fourth.expect("x");
      assertThat(bounce.server.members()).extracting(MemberView::id).containsExactly(0L, 3L);
    }
  }

  @Test
  void whoeverHasNotJoinedCanBeKilledToo() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember stranger = bounce.dial();
        RawMember alone = bounce.join(1).send("x")) {
      bounce.awaitEvent("1 WAITING");
      assertThat(bounce.server.kill(0)).isTrue();
      assertThat(bounce.server.kill(1)).isTrue();
      stranger.expectLast("");
      alone.expectLast("");
    }
  }

  @Test
  void oneThatDiesWhileOthersTalkDisturbsNobody() throws Exception {
    long bytes = 40 * MEGABYTE;
    try (BounceFixture bounce = setup().members(3).start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1);
        RawMember victim = bounce.join(1)) {
      var sum = others.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      var received = others.submit(() -> RandomBytes.receive(reader.in(), bytes));
      victim.in().readNBytes((int) MEGABYTE);
      victim.reset();
      assertThat(received.get()).isEqualTo(sum.get());
    }
  }

  @Test
  void aMemberThatTakesNothingIsDroppedAndTheOthersGoOn() throws Exception {
    long bytes = 32 * MEGABYTE;
    try (BounceFixture bounce = setup().members(3).dropSlowAfter(Duration.ofSeconds(1)).start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sum = others.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      assertThat(RandomBytes.receive(reader.in(), bytes)).isEqualTo(sum.get());
      bounce.awaitEvent("2 disconnected: took nothing for 1s");
      assertThat(bounce.server.counters().get(Counter.MEMBERS_TOO_SLOW)).isEqualTo(1);
      bounce.awaitLog("slow member dropped");
      slow.expectReset();
    }
  }

  /** Its own bytes and silence are no reason. */
  @Test
  void aMemberThatIsSentNothingIsNotSlow() throws Exception {
    try (BounceFixture bounce = setup().dropSlowAfter(Duration.ofMillis(200)).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      long until = System.nanoTime() + Duration.ofMillis(600).toNanos();
      while (System.nanoTime() < until) {
        first.send("x");
        second.expect("x");
      }
      assertThat(bounce.server.counters().get(Counter.MEMBERS_TOO_SLOW)).isZero();
    }
  }

  @Test
  void oneThatWaitsForASlowOneCanBeKilledAtOnce() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember sender = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sending = others.submit(() -> new RandomBytes(1).send(sender.out(), 64 * MEGABYTE));
      bounce.awaitEvent("0 WAITING");
      assertThat(bounce.server.kill(0)).isTrue();
      bounce.awaitMembers(1);
      bounce.join(1).close();
      assertThat(slow.in().read()).isNotNegative();
      assertThat(sending).failsWithin(BounceFixture.SOON);
    }
  }

  @Test
  void tenThousandJoinAndLeaveAndNothingIsLeft() throws Exception {
    int threads = 16;
    int each = 625;
    try (BounceFixture bounce = setup().members(4).start()) {
      var joining = new ArrayList<Future<?>>();
      for (int t = 0; t < threads; t++) {
        joining.add(
            others.submit(() -> {
              for (int i = 0; i < each; i++) {
                int group = ThreadLocalRandom.current().nextInt(1000);
                try (RawMember guest = bounce.join(group).send("hello")) {
                  if (i % 2 == 0) {
                    guest.reset();
                  }
                }
              }
              return null;
            }));
      }
      for (Future<?> one : joining) {
        one.get();
      }
      bounce.awaitMembers(0);
      assertThat(bounce.server.groups()).isZero();
      assertThat(bounce.server.counters().get(Counter.MEMBERS)).isEqualTo((long) threads * each);
    }
  }

  @Test
  void aDrainWaitsForThoseThatTalkAndEndsThoseThatHaveNobody() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember stranger = bounce.dial();
        RawMember alone = bounce.join(1);
        RawMember first = bounce.join(2);
        RawMember second = bounce.join(2)) {
      var drained = others.submit(() -> bounce.server.drain(BounceFixture.SOON));
      alone.expectLast("");
      stranger.expectLast("");
      first.send("still there");
      second.expect("still there");
      first.leave();
      second.expectLast("");
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void aDrainHasALimit() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(2);
        RawMember second = bounce.join(2)) {
      assertThat(bounce.server.drain(Duration.ofMillis(50))).isFalse();
      first.send("x");
      second.expect("x");
    }
  }

  @Test
  void aStopEndsEverybodyAlsoWhoWaitsForASlowOne() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember stranger = bounce.dial();
        RawMember alone = bounce.join(1);
        RawMember sender = bounce.join(2);
        RawMember slow = bounce.join(2)) {
      var sending = others.submit(() -> new RandomBytes(1).send(sender.out(), 64 * MEGABYTE));
      bounce.awaitEvent("2 WAITING");
      bounce.server.close();
      alone.expectLast("");
      stranger.expectLast("");
      assertThat(sending).failsWithin(BounceFixture.SOON);
      assertThat(slow.in().read()).isNotNegative();
    }
  }
}
