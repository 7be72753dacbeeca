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

/** Tests the delivery of bytes between the members of a group. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class GroupTest {

  private static final long MEGABYTE = 1 << 20;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private static BounceFixture.Setup setup() {
    return new BounceFixture.Setup();
  }

  private static void closeAll(List<RawMember> joined) throws IOException {
    for (RawMember member : joined) {
      member.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 16})
  void eachMemberReceivesAllBytesOfOthersInOrder(int size) throws Exception {
    long bytes = MEGABYTE / 2;
    var joined = new ArrayList<RawMember>();
    try (BounceFixture bounce = setup().members(size).start()) {
      for (int i = 0; i < size; i++) {
        joined.add(bounce.join(5));
      }
      var sum = new ArrayList<Future<Long>>();
      for (RawMember sender : joined) {
        sum.clear();
        for (RawMember other : joined) {
          if (other != sender) {
            sum.add(executor.submit(() -> RandomBytes.receive(other.in(), bytes)));
          }
        }
        long sent = new RandomBytes(size).send(sender.out(), bytes).sum();
        for (Future<Long> one : sum) {
          assertThat(one.get()).isEqualTo(sent);
        }
      }
    } finally {
      closeAll(joined);
    }
  }

  @Test
  void pausingReaderReceivesAll200Megabytes() throws Exception {
    long bytes = 200 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      // Waits until the sender is blocked, with all buffers between the two full.
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
  void bothDirectionsDeliverAllBytesAtOnce() throws Exception {
    long bytes = 20 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember one = bounce.join(1);
        RawMember other = bounce.join(1)) {
      var sent = executor.submit(() -> new RandomBytes(1).send(one.out(), bytes).sum());
      var sentBack = executor.submit(() -> new RandomBytes(2).send(other.out(), bytes).sum());
      var received = executor.submit(() -> RandomBytes.receive(one.in(), bytes));
      assertThat(RandomBytes.receive(other.in(), bytes)).isEqualTo(sent.get());
      assertThat(received.get()).isEqualTo(sentBack.get());
    }
  }

  @Test
  void bytesOfFirstMemberAreHeldForSecond() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1).send("first, ")) {
      bounce.awaitEvent("0 WAITING");
      first.send("and ");
      try (RawMember second = bounce.join(1)) {
        first.send("last");
        second.expect("first, and last");
        bounce.awaitEvent("0 READY");
      }
    }
  }

  @Test
  void bytesBeyondHoldLimitArriveInOrder() throws Exception {
    long bytes = 32 * MEGABYTE;
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(first.out(), bytes).sum());
      bounce.awaitEvent("0 WAITING");
      try (RawMember second = bounce.join(1)) {
        assertThat(RandomBytes.receive(second.in(), bytes)).isEqualTo(sum.get());
      }
    }
  }

  @Test
  void bytesOfMemberLeftAloneAreDropped() throws Exception {
    try (BounceFixture bounce = setup().enableReads().start();
        RawMember first = bounce.join(1)) {
      bounce.join(1).close();
      bounce.awaitMembers(1);
      first.send("dropped");
      bounce.awaitEvent("0 read dropped");
      try (RawMember third = bounce.join(1)) {
        first.send("delivered");
        third.expect("delivered");
      }
    }
  }

  @Test
  void memberLeftAloneIsReadWithoutLimit() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(1)) {
      bounce.join(1).close();
      bounce.awaitMembers(1);
      new RandomBytes(1).send(first.out(), 32 * MEGABYTE);
    }
  }

  @Test
  void groupIsNewAfterLastMemberHasLeft() throws Exception {
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
  void fullGroupRefusesUntilMemberLeaves() throws Exception {
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

  /** A client that reconnects at once is often accepted before its disconnect is noticed. */
  @Test
  void placeIsFreeForImmediateReconnect() throws Exception {
    try (BounceFixture bounce = new BounceFixture.Setup().start();
        RawMember remaining = bounce.join(1)) {
      for (int i = 0; i < 300; i++) {
        RawMember member = RawMember.dial(bounce.server.address());
        member.send("hi0001").expect("4-BounceServer_1.0\nREADY");
        member.leave();
      }
      remaining.leave();
      bounce.awaitMembers(0);
    }
  }

  @Test
  void fullServerRefusesUntilMemberLeaves() throws Exception {
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
  void membersOfOneAddressLeavePlacesForOthers() throws Exception {
    try (BounceFixture bounce = setup().clientsPerAddress(1).start();
        RawMember first = bounce.join(1)) {
      bounce.dial().send("hi0002").expectLast("Connection Group Full");
      first.leave();
      bounce.awaitMembers(0);
      bounce.join(2).close();
    }
  }

  @Test
  void memberWithoutBytesIsDisconnectedAfterTheIdleTimeout() throws Exception {
    try (BounceFixture bounce = setup().idle(Duration.ofMillis(300)).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      first.send("x");
      second.expect("x");
      bounce.awaitEvent("0 disconnected: idle for 300ms");
      bounce.awaitEvent("1 disconnected: idle for 300ms");
    }
  }

  @Test
  void groupsAreIsolated() throws Exception {
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
  void echoStartsWhenSwitchedOn() throws Exception {
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
  void heldBytesAreEchoedOnce() throws Exception {
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
  void echoReachesMemberThatIsAlone() throws Exception {
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

  /** The data is a sequence of numbers; each new member receives READY and then no gap. */
  @Test
  void memberThatJoinsDuringTransferReceivesGreetingThenUnbrokenData() throws Exception {
    try (BounceFixture bounce = setup().members(3).start();
        RawMember sender = bounce.join(1)) {
      var sending =
          executor.submit(() -> {
            byte[] piece = new byte[251 * 16];
            for (int i = 0; i < piece.length; i++) {
              piece[i] = (byte) (i % 251);
            }
            for (; ; ) {
              sender.out().write(piece);
            }
          });
      for (int i = 0; i < 200; i++) {
        try (RawMember member = bounce.join(1)) {
          byte[] received = member.in().readNBytes(20_000);
          for (int n = 1; n < received.length; n++) {
            assertThat(received[n] & 0xff).isEqualTo(((received[n - 1] & 0xff) + 1) % 251);
          }
        }
        bounce.awaitMembers(1);
      }
      sender.leave();
      assertThat(sending).failsWithin(BounceFixture.SOON);
    }
  }

  @Test
  void killDisconnectsOnlyThatMember() throws Exception {
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
  void connectionWithoutGroupCanBeKilled() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember unjoined = bounce.dial();
        RawMember alone = bounce.join(1).send("x")) {
      bounce.awaitEvent("1 WAITING");
      assertThat(bounce.server.kill(0)).isTrue();
      assertThat(bounce.server.kill(1)).isTrue();
      unjoined.expectLast("");
      alone.expectLast("");
    }
  }

  @Test
  void resetMemberDoesNotDisturbTransferOfOthers() throws Exception {
    long bytes = 40 * MEGABYTE;
    try (BounceFixture bounce = setup().members(3).start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1);
        RawMember victim = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      var received = executor.submit(() -> RandomBytes.receive(reader.in(), bytes));
      victim.in().readNBytes((int) MEGABYTE);
      victim.reset();
      assertThat(received.get()).isEqualTo(sum.get());
    }
  }

  @Test
  void tenThousandJoinsLeaveNothingBehind() throws Exception {
    int threads = 16;
    int each = 625;
    try (BounceFixture bounce = setup().members(4).start()) {
      var joining = new ArrayList<Future<?>>();
      for (int t = 0; t < threads; t++) {
        joining.add(
            executor.submit(() -> {
              for (int i = 0; i < each; i++) {
                int group = ThreadLocalRandom.current().nextInt(1000);
                try (RawMember member = bounce.join(group).send("hello")) {
                  if (i % 2 == 0) {
                    member.reset();
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
  void drainWaitsForGroupsAndDisconnectsLoneMembers() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember unjoined = bounce.dial();
        RawMember alone = bounce.join(1);
        RawMember first = bounce.join(2);
        RawMember second = bounce.join(2)) {
      var drained = executor.submit(() -> bounce.server.drain(BounceFixture.SOON));
      alone.expectLast("");
      unjoined.expectLast("");
      first.send("still there");
      second.expect("still there");
      first.leave();
      second.expectLast("");
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void drainReturnsAtLimit() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.join(2);
        RawMember second = bounce.join(2)) {
      assertThat(bounce.server.drain(Duration.ofMillis(50))).isFalse();
      first.send("x");
      second.expect("x");
    }
  }

  @Test
  void closeDisconnectsAllIncludingBlockedSenders() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember unjoined = bounce.dial();
        RawMember alone = bounce.join(1);
        RawMember sender = bounce.join(2);
        RawMember slow = bounce.join(2)) {
      var sending = executor.submit(() -> new RandomBytes(1).send(sender.out(), 64 * MEGABYTE));
      bounce.awaitEvent("2 WAITING");
      bounce.server.close();
      alone.expectLast("");
      unjoined.expectLast("");
      assertThat(sending).failsWithin(BounceFixture.SOON);
      assertThat(slow.in().read()).isNotNegative();
    }
  }
}
