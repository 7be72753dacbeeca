package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import culvert.net.MemoryBudget;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests input that is read ahead. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ReadAheadInputTest {

  private static final int MAX = ReadAheadInput.MAX_BYTES;

  private final BufferPool pool = new BufferPool(new MemoryBudget(8L * MAX));
  private Loopback pair;
  private ReadAheadInput input;

  @BeforeEach
  void open() throws IOException {
    pair = Loopback.open();
    input = ReadAheadInput.of(pair.far().input(), pool, "read ahead");
    input.setAuthenticated();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    input.close();
    Eventually.within(BounceFixture.SOON, () -> assertThat(pool.budget().held()).isZero());
  }

  private void send(byte... bytes) throws IOException {
    pair.near().output().write(bytes);
  }

  private void awaitHeld(int bytes) throws Exception {
    Eventually.within(BounceFixture.SOON, () -> assertThat(input.size()).isEqualTo(bytes));
  }

  @Test
  void readAheadStopsAtMaximum() throws Exception {
    byte[] all = new byte[3 * MAX];
    Seed.random("ReadAheadInputTest").nextBytes(all);
    send(all);
    awaitHeld(MAX);
    assertThat(input.await(MAX, Duration.ofMillis(50).toNanos())).as("more bytes").isFalse();
    assertThat(pair.far().received()).isEqualTo(MAX);
    assertThat(input.readNBytes(all.length)).isEqualTo(all);
  }

  @Test
  void bytesReadAheadCountInTheBudgetUntilTheyAreRead() throws Exception {
    assertThat(pool.budget().held()).isEqualTo(ReadAheadInput.INITIAL_BYTES);
    send(new byte[MAX]);
    awaitHeld(MAX);
    assertThat(pool.budget().held()).isEqualTo(MAX);
    input.release();
    assertThat(input.readNBytes(MAX)).hasSize(MAX);
    send((byte) 1);
    assertThat(input.read()).isEqualTo(1);
    assertThat(pool.budget().held()).isZero();
  }

  @Test
  void twoKibibytesAreReadAheadWhileMemoryIsShort() throws Exception {
    ByteBuffer half = pool.borrow(4 * MAX);
    send(new byte[MAX]);
    awaitHeld(ReadAheadInput.INITIAL_BYTES);
    assertThat(input.await(ReadAheadInput.INITIAL_BYTES, Duration.ofMillis(50).toNanos()))
        .as("more bytes")
        .isFalse();
    pool.release(half);
    input.release();
    assertThat(input.readNBytes(MAX)).hasSize(MAX);
  }

  @Test
  void twoKibibytesAreReadAheadBeforeTheLogin() throws Exception {
    try (var other = Loopback.open()) {
      ReadAheadInput guest = ReadAheadInput.of(other.far().input(), pool, "read ahead");
      other.near().output().write(new byte[MAX]);
      Eventually.within(
          BounceFixture.SOON,
          () -> assertThat(guest.size()).isEqualTo(ReadAheadInput.INITIAL_BYTES));
      assertThat(guest.await(ReadAheadInput.INITIAL_BYTES, Duration.ofMillis(50).toNanos()))
          .as("more bytes")
          .isFalse();
      guest.setAuthenticated();
      Eventually.within(BounceFixture.SOON, () -> assertThat(guest.size()).isEqualTo(MAX));
      guest.close();
    }
  }

  @Test
  void endIsDetectedWhileBytesAreHeld() throws Exception {
    send((byte) 1);
    pair.near().closeOutput();
    Eventually.within(BounceFixture.SOON, () -> assertThat(input.isFinished()).isTrue());
    assertThat(input.readAllBytes()).containsExactly(1);
    assertThat(input.read()).isEqualTo(-1);
  }

  @Test
  void resetIsReportedAfterHeldBytes() throws Exception {
    send((byte) 1, (byte) 2);
    awaitHeld(2);
    pair.near().reset();
    Eventually.within(BounceFixture.SOON, () -> assertThat(input.isFinished()).isTrue());
    assertThat(input.readNBytes(2)).containsExactly(1, 2);
    assertThatThrownBy(input::read).isInstanceOf(IOException.class).hasMessageContaining("reset");
  }

  @Test
  void awaitReturnsOnBytesWakeUpEndAndTimeout() throws Exception {
    assertThat(input.await(0, 1)).as("timeout").isFalse();
    send((byte) 1);
    assertThat(input.await(0, ReadAheadInput.NO_TIMEOUT)).as("bytes").isTrue();
    assertThat(input.await(1, 1)).as("no further bytes").isFalse();
    var waiting = new FutureTask<>(() -> input.await(1, ReadAheadInput.NO_TIMEOUT));
    Threads.start("waiting", waiting);
    input.wakeUp();
    assertThat(waiting.get()).as("wake-up").isTrue();
    assertThat(input.await(1, 1)).as("only one wake-up").isFalse();
    pair.near().closeOutput();
    assertThat(input.await(1, ReadAheadInput.NO_TIMEOUT)).as("end").isTrue();
  }

  @Test
  void consumerMayTakePartOfHeldBytes() throws Exception {
    send((byte) 1, (byte) 2, (byte) 3);
    awaitHeld(3);
    input.consume(bytes -> assertThat(bytes.get()).isEqualTo((byte) 1));
    assertThat(input.size()).isEqualTo(2);
    assertThat(input.copyFrom(0)).containsExactly(2, 3);
    assertThat(input.copyFrom(1)).containsExactly(3);
    assertThat(input.readNBytes(2)).containsExactly(2, 3);
  }

  @Test
  void releaseKeepsBytesInOrder() throws Exception {
    Random random = Seed.random("ReadAheadInputTest");
    byte[] all = new byte[200_000];
    random.nextBytes(all);
    var sending =
        new FutureTask<Void>(() -> {
          for (int from = 0; from < all.length; ) {
            int to = Math.min(all.length, from + 1 + random.nextInt(5000));
            send(Arrays.copyOfRange(all, from, to));
            from = to;
          }
          pair.near().closeOutput();
          return null;
        });
    Threads.start("sending", sending);
    assertThat(input.await(0, ReadAheadInput.NO_TIMEOUT)).isTrue();
    input.release();
    var out = new ByteArrayOutputStream();
    assertThat(input.transferTo(out)).isEqualTo(all.length);
    assertThat(out.toByteArray()).isEqualTo(all);
    sending.get();
  }

  @Test
  void smallReadsReturnAllBytes() throws Exception {
    Random random = Seed.random("ReadAheadInputTest");
    byte[] all = new byte[100_000];
    random.nextBytes(all);
    var sending =
        new FutureTask<Void>(() -> {
          send(all);
          return null;
        });
    Threads.start("sending", sending);
    for (int from = 0; from < all.length; ) {
      int n = Math.min(all.length - from, 1 + random.nextInt(3000));
      if (from > all.length / 2) {
        input.release();
      }
      assertThat(input.readNBytes(n)).isEqualTo(Arrays.copyOfRange(all, from, from + n));
      from += n;
    }
    sending.get();
  }

  @Test
  void releaseEndsThreadThatWaitsForSpace() throws Exception {
    byte[] all = new byte[2 * MAX];
    send(all);
    awaitHeld(MAX);
    input.release();
    // The leak check verifies that the thread has ended.
    assertThat(input.size()).isEqualTo(MAX);
  }
}
