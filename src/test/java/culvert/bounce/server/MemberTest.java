package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceGroups;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What cannot be provoked from outside. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class MemberTest {

  private static final MemberEvents NOBODY =
      new MemberEvents() {
        @Override
        public void connected(MemberView member) {}

        @Override
        public void changed(MemberView member) {}

        @Override
        public void disconnected(MemberView member, String reason) {}

        @Override
        public boolean isReadEnabled() {
          return false;
        }

        @Override
        public void read(MemberView member, ByteBuffer bytes) {}
      };

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Somebody sends to it as soon as it is in the group, which is before READY was written. */
  @Test
  void theGreetingComesBeforeAllElse() throws Exception {
    try (var pair = Loopback.open()) {
      var member = new Member(0, pair.far(), NOBODY);
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

  /** A pair whose second one came in just then is not to be left. */
  @Test
  void whoIsAloneNoMoreDoesNotLeaveAlone() throws Exception {
    try (var first = Loopback.open();
        var second = Loopback.open()) {
      var groups = new Groups(BounceGroups.DEFAULT);
      var early = new Member(0, first.far(), NOBODY);
      var late = new Member(1, second.far(), NOBODY);
      assertThat(groups.join(early, 1)).isPresent();
      assertThat(groups.join(late, 1)).isPresent();
      assertThat(groups.leaveIfAlone(early)).isFalse();
      assertThat(early.group().members()).containsExactly(early, late);
      groups.leave(late);
      assertThat(groups.leaveIfAlone(early)).as("it had company once").isFalse();
      groups.leave(early);
      assertThat(groups.size()).isZero();
      assertThat(groups.join(late, 1)).isPresent();
      assertThat(groups.leaveIfAlone(late)).isTrue();
      assertThat(groups.size()).as("its place is free at once").isZero();
    }
  }
}
