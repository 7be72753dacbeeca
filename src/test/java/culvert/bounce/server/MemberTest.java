package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceGroups;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HandshakeLimiter;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.PairingBounceServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests orders of events that a client cannot provoke. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class MemberTest {

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Another member sends to it as soon as it is in the group, before READY is written. */
  @Test
  void greetingPrecedesDataFromGroup() throws Exception {
    try (var pair = Loopback.open()) {
      var member = new Member(0, pair.far(), PairingBounceServer.NO_EVENTS);
      var group = new Group(1, false);
      Thread sender = Threads.factory("sender").newThread(() -> send(member));
      member.joinWithGreeting(
          "READY".getBytes(StandardCharsets.US_ASCII),
          () -> {
            group.add(member);
            sender.start();
            awaitState(sender, Thread.State.WAITING);
            return Optional.of(group);
          });
      sender.join();
      assertThat(pair.near().input().readNBytes(9)).asString().isEqualTo("READYdata");
    }
  }

  private static void send(Member member) {
    try {
      member.deliver(ascii("data"), member);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitState(Thread thread, Thread.State state) {
    try {
      Eventually.within(BounceFixture.SOON, () -> assertThat(thread.getState()).isEqualTo(state));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Its thread may be blocked in a write of the handshake, which only a close ends. */
  @Test
  void memberStillInTheHandshakeAfterTheTimeoutIsClosed() throws Exception {
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      var member = new Member(0, pair.far(), PairingBounceServer.NO_EVENTS);
      member.setTransport(pair.far(), new BufferPool());
      member.handshakeExpired(HandshakeLimiter.Reason.TIMEOUT, deadlines);
      assertThat(pair.near().input().read()).isEqualTo(-1);
    }
  }

  @Test
  void memberThatJoinsAtTheTimeoutStays() throws Exception {
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      var member = new Member(0, pair.far(), PairingBounceServer.NO_EVENTS);
      member.setTransport(pair.far(), new BufferPool());
      member.handshakeExpired(HandshakeLimiter.Reason.TIMEOUT, deadlines);
      assertThat(new Groups(BounceGroups.DEFAULT).join(member, 1)).isPresent();
      var passed = new CountDownLatch(1);
      deadlines.after(Duration.ofMillis(1100), passed::countDown);
      passed.await();
      pair.near().output().write(1);
      Eventually.within(BounceFixture.SOON, () -> assertThat(member.input().size()).isEqualTo(1));
      member.close(false);
    }
  }

  /** A second member may join while the first one is about to leave. */
  @Test
  void leaveIfAloneFailsAfterSecondMemberJoined() throws Exception {
    try (var firstPair = Loopback.open();
        var secondPair = Loopback.open()) {
      var groups = new Groups(BounceGroups.DEFAULT);
      var first = new Member(0, firstPair.far(), PairingBounceServer.NO_EVENTS);
      var second = new Member(1, secondPair.far(), PairingBounceServer.NO_EVENTS);
      assertThat(groups.join(first, 1)).isPresent();
      assertThat(groups.join(second, 1)).isPresent();
      assertThat(groups.leaveIfAlone(first)).isFalse();
      assertThat(first.group().members()).containsExactly(first, second);
      groups.leave(second);
      assertThat(groups.leaveIfAlone(first)).as("a second member had joined").isFalse();
      groups.leave(first);
      assertThat(groups.size()).isZero();
      assertThat(groups.join(second, 1)).isPresent();
      assertThat(groups.leaveIfAlone(second)).isTrue();
      assertThat(groups.size()).as("groups after the last member has left").isZero();
    }
  }
}
