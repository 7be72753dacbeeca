package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests members that read slowly, or not at all, and the others of their group. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SlowMemberTest {

  private static final long MEGABYTE = 1 << 20;

  /** Length of the sequence of numbers that a sender repeats. */
  private static final int SEQUENCE = 128;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private static BounceFixture.Setup setup() {
    return new BounceFixture.Setup();
  }

  @Test
  void stalledMemberIsDisconnectedAndOthersContinue() throws Exception {
    long bytes = 32 * MEGABYTE;
    try (BounceFixture bounce = setup().members(3).dropSlowAfter(Duration.ofSeconds(1)).start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      assertThat(RandomBytes.receive(reader.in(), bytes)).isEqualTo(sum.get());
      bounce.awaitEvent("2 disconnected: too slow: accepted no data for 1s");
      assertThat(bounce.server.counters().get(Counter.MEMBERS_TOO_SLOW)).isEqualTo(1);
      bounce.awaitLog("slow member disconnected");
      slow.expectReset();
    }
  }

  /** The pool has 512 of them for all members. */
  @Test
  void senderToASlowMemberHoldsNoDirectBuffer() throws Exception {
    long bytes = 32 * MEGABYTE;
    try (BounceFixture bounce = setup().members(3).start();
        RawMember sender = bounce.join(1);
        RawMember reader = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sum = executor.submit(() -> new RandomBytes(1).send(sender.out(), bytes).sum());
      var received = executor.submit(() -> RandomBytes.receive(reader.in(), bytes));
      bounce.awaitEvent("0 WAITING");
      var taken = new ByteArrayOutputStream();
      Eventually.within(
          BounceFixture.SOON,
          () -> {
            // A write of which the kernel accepts nothing at all waits with its buffer: make room.
            taken.writeBytes(slow.in().readNBytes(1024 * bounce.server.borrowedBuffers()));
            assertThat(bounce.server.borrowedBuffers()).isZero();
          });
      assertThat(sum.isDone()).isFalse();
      var all = new SequenceInputStream(new ByteArrayInputStream(taken.toByteArray()), slow.in());
      assertThat(RandomBytes.receive(all, bytes)).isEqualTo(sum.get());
      assertThat(received.get()).isEqualTo(sum.get());
    }
  }

  /** Each write that has to wait is continued, whatever the other sender has written meanwhile. */
  @Test
  void slowMemberReceivesAllBytesOfTwoSendersInOrder() throws Exception {
    int bytes = 8 * (int) MEGABYTE;
    try (BounceFixture bounce = setup().members(3).start();
        RawMember first = bounce.join(1);
        RawMember second = bounce.join(1);
        RawMember slow = RawMember.dial(bounce.server.address(), 1 << 16)) {
      slow.expect("4-BounceServer_1.0\n").send("hi0001").expect("READY");
      var transfers = new ArrayList<Future<?>>();
      transfers.add(executor.submit(() -> sendSequence(first, 0, bytes)));
      transfers.add(executor.submit(() -> sendSequence(second, SEQUENCE, bytes)));
      transfers.add(executor.submit(() -> RandomBytes.receive(first.in(), bytes)));
      transfers.add(executor.submit(() -> RandomBytes.receive(second.in(), bytes)));
      bounce.awaitEvent("0 WAITING");
      bounce.awaitEvent("1 WAITING");
      int[] counts = new int[2];
      byte[] received = slow.in().readNBytes(2 * bytes);
      for (byte b : received) {
        int sender = (b & 0xff) / SEQUENCE;
        if ((b & 0xff) % SEQUENCE == counts[sender] % SEQUENCE) {
          counts[sender]++;
        }
      }
      assertThat(counts).as("bytes in order").containsExactly(bytes, bytes);
      for (Future<?> transfer : transfers) {
        transfer.get();
      }
    }
  }

  private static Void sendSequence(RawMember sender, int first, int bytes) throws IOException {
    byte[] sequence = new byte[SEQUENCE * 64];
    for (int i = 0; i < sequence.length; i++) {
      sequence[i] = (byte) (first + i % SEQUENCE);
    }
    for (int left = bytes; left > 0; left -= sequence.length) {
      sender.out().write(sequence);
    }
    return null;
  }

  /** A member that only sends, or is idle, is not slow. */
  @Test
  void idleMemberIsNotTreatedAsSlow() throws Exception {
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
  void memberThatWaitsForSlowOneCanBeKilled() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember sender = bounce.join(1);
        RawMember slow = bounce.join(1)) {
      var sending = executor.submit(() -> new RandomBytes(1).send(sender.out(), 64 * MEGABYTE));
      bounce.awaitEvent("0 WAITING");
      assertThat(bounce.server.kill(0)).isTrue();
      bounce.awaitMembers(1);
      bounce.join(1).close();
      assertThat(slow.in().read()).isNotNegative();
      assertThat(sending).failsWithin(BounceFixture.SOON);
    }
  }
}
