package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests pairs: groups of two members that end together. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class PairTest {

  private static final long BYTES = 20L << 20;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private static BounceFixture pairs() throws IOException {
    return new BounceFixture.Setup().members(8).paired().enableReads().start();
  }

  /** Tested for both members, because the thread of the second one runs the relay. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void halfCloseLeavesOtherDirectionOpen(boolean firstEnds) throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      RawMember ends = firstEnds ? first : second;
      RawMember answers = firstEnds ? second : first;
      ends.send("question").socket().shutdownOutput();
      assertThat(answers.in().readAllBytes()).asString().isEqualTo("question");
      long sum = new RandomBytes(1).send(answers.out(), 1 << 20).sum();
      answers.socket().shutdownOutput();
      assertThat(RandomBytes.receive(ends.in())).isEqualTo(sum);
      bounce.awaitEvent("0 disconnected: closed by the peer");
      bounce.awaitEvent("1 disconnected: closed by the peer");
    }
  }

  @Test
  void pairWithoutBytesIsClosedAfterTheIdleTimeout() throws Exception {
    var setup = new BounceFixture.Setup().paired().idle(Duration.ofMillis(300));
    try (BounceFixture bounce = setup.start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      first.send("x");
      second.expect("x");
      bounce.awaitEvent("0 disconnected: idle for 300ms");
      bounce.awaitEvent("1 disconnected: idle for 300ms");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resetIsForwarded(boolean firstFails) throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      first.send("x");
      second.expect("x");
      RawMember receiver = firstFails ? second : first;
      (firstFails ? first : second).reset();
      receiver.expectReset();
      bounce.awaitEvent((firstFails ? 1 : 0) + " disconnected: the paired member ended");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void killEndsBothMembers(long id) throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      assertThat(bounce.server.kill(id)).isTrue();
      first.expectReset();
      second.expectReset();
      bounce.awaitEvent(id + " disconnected: Disconnected by server");
    }
  }

  @Test
  void bothDirectionsDeliverAllBytesAtOnce() throws Exception {
    try (BounceFixture bounce = new BounceFixture.Setup().paired().start();
        RawMember one = bounce.join(1);
        RawMember other = bounce.join(1)) {
      var sent = executor.submit(() -> new RandomBytes(1).send(one.out(), BYTES).sum());
      var sentBack = executor.submit(() -> new RandomBytes(2).send(other.out(), BYTES).sum());
      var received = executor.submit(() -> RandomBytes.receive(one.in(), BYTES));
      assertThat(RandomBytes.receive(other.in(), BYTES)).isEqualTo(sent.get());
      assertThat(received.get()).isEqualTo(sentBack.get());
    }
  }

  @Test
  void bytesOfFirstMemberAreHeldForSecond() throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(first.out(), BYTES).sum());
      bounce.awaitEvent("0 WAITING");
      try (RawMember second = bounce.join(1)) {
        assertThat(RandomBytes.receive(second.in(), BYTES)).isEqualTo(sum.get());
        bounce.awaitEvent("0 READY");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void waitingMemberFreesPlaceWhenItEnds(boolean cleanly) throws Exception {
    try (BounceFixture bounce = pairs()) {
      RawMember waiting = bounce.join(1).send("undelivered");
      bounce.awaitEvent("0 WAITING");
      if (cleanly) {
        waiting.leave();
      } else {
        waiting.reset();
      }
      bounce.awaitEvent(
          "0 disconnected: "
              + (cleanly ? DisconnectReason.CLOSED_UNDELIVERED : DisconnectReason.RESET));
      bounce.awaitMembers(0);
      try (RawMember first = bounce.join(1);
          RawMember second = bounce.join(1)) {
        first.send("x");
        second.expect("x");
      }
    }
  }

  /** A half-closed member may still read, and a clean end would look like a successful transfer. */
  @Test
  void memberWithUndeliveredBytesIsReset() throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember alone = bounce.join(1).send("undelivered")) {
      alone.socket().shutdownOutput();
      alone.expectReset();
      bounce.awaitMembers(0);
    }
    try (BounceFixture bounce = pairs();
        RawMember silent = bounce.join(1)) {
      silent.socket().shutdownOutput();
      silent.expectLast("");
    }
  }

  @Test
  void thirdMemberIsRefusedUntilPairHasEnded() throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      bounce.dial().send("hi0001").expectLast("Connection Group Full");
      first.socket().shutdownOutput();
      assertThat(second.in().read()).isEqualTo(-1);
      bounce.dial().send("hi0001").expectLast("Connection Group Full");
    }
  }

  @Test
  void nextTwoMembersFormNewPair() throws Exception {
    try (BounceFixture bounce = pairs()) {
      for (int i = 0; i < 50; i++) {
        try (RawMember first = bounce.join(1);
            RawMember second = bounce.join(1)) {
          first.send("x" + i);
          second.expect("x" + i).send("y" + i);
          first.expect("y" + i);
        }
        bounce.awaitMembers(0);
      }
    }
  }

  /** The members read the ends of input before the server has removed the pair. */
  @Test
  void membersCanRejoinOnceBothHaveReadTheEnd() throws Exception {
    try (BounceFixture bounce = pairs()) {
      for (int i = 0; i < 300; i++) {
        try (RawMember first = bounce.join(1);
            RawMember second = bounce.join(1)) {
          first.socket().shutdownOutput();
          assertThat(second.in().read()).isEqualTo(-1);
          second.socket().shutdownOutput();
          assertThat(first.in().read()).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void stopResetsBothMembers() throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      first.send("x");
      second.expect("x");
      bounce.server.close();
      first.expectReset();
      second.expectReset();
    }
  }

  @Test
  void stalledMemberIsDisconnectedWithPartner() throws Exception {
    try (BounceFixture bounce =
            new BounceFixture.Setup().paired().dropSlowAfter(Duration.ofMillis(300)).start();
        RawMember sender = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sending = executor.submit(() -> new RandomBytes(1).send(sender.out(), 64 << 20));
      bounce.awaitEvent("1 disconnected: too slow: accepted no data for 300ms");
      assertThat(sending).failsWithin(BounceFixture.SOON);
      slow.expectReset();
    }
  }

  @Test
  void drainLetsPairFinish() throws Exception {
    try (BounceFixture bounce = pairs();
        RawMember alone = bounce.join(2);
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1)) {
      var drained = executor.submit(() -> bounce.server.drain(BounceFixture.SOON));
      alone.expectLast("");
      first.send("x").socket().shutdownOutput();
      second.expectLast("x");
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void unlistedGroupsAreNotPaired() throws Exception {
    try (BounceFixture bounce = new BounceFixture.Setup().paired(7).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1);
        RawMember third = bounce.join(7);
        RawMember fourth = bounce.join(7)) {
      second.leave();
      fourth.leave();
      assertThat(third.in().read()).isEqualTo(-1);
      bounce.awaitEvent("1 disconnected: closed by the peer");
      try (RawMember next = bounce.join(1)) {
        next.send("x");
        first.expect("x");
      }
    }
  }
}
