package culvert.transport.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RandomBytes;
import culvert.testing.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encrypted connections under load: rekeying, blocked writers and readers, returned buffers. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class NoiseFlowTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int SMALL_SOCKET = 8 * 1024;

  private final BufferPool pool = new BufferPool();

  @AfterEach
  void assertAllBuffersReturned() {
    assertThat(pool.borrowed()).as("borrowed buffers").isZero();
  }

  private static NoiseFraming rekeyingAfter(long bytes) {
    return new NoiseFraming(NoiseFraming.NATIVE.order(), true, bytes);
  }

  /** Limits below, at and above the size of a record: each key serves one record or a few. */
  @ParameterizedTest
  @ValueSource(longs = {1, 17, 1000, 65535, 1 << 20})
  void directionsStaySynchronizedWhileKeysAreReplaced(long limit) throws Exception {
    var random = Seed.random("NoiseFlowTest");
    try (var carriers = Loopback.open()) {
      Connection[] ends = EncryptedWire.joined(carriers, rekeyingAfter(limit), pool);
      byte[] up = bytes(random, 3 << 20);
      byte[] down = bytes(random, 3 << 20);
      var tasks = new ArrayList<FutureTask<byte[]>>();
      tasks.add(start("sending up", send(ends[0], up, random.nextLong())));
      tasks.add(start("sending down", send(ends[1], down, random.nextLong())));
      tasks.add(start("receiving up", () -> receive(ends[1], true)));
      tasks.add(start("receiving down", () -> receive(ends[0], false)));
      assertThat(tasks.get(2).get()).isEqualTo(up);
      assertThat(tasks.get(3).get()).isEqualTo(down);
      ends[0].close();
      ends[1].close();
    }
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Sends in pieces of random size, from heap and direct buffers. */
  private static Callable<byte[]> send(Connection end, byte[] all, long seed) {
    return () -> {
      var random = new Random(seed);
      for (int at = 0; at < all.length; ) {
        int n = Math.min(1 + random.nextInt(random.nextBoolean() ? 300 : 300_000), all.length - at);
        ByteBuffer piece =
            random.nextBoolean() ? ByteBuffer.allocate(n) : ByteBuffer.allocateDirect(n);
        end.output().write(piece.put(all, at, n).flip());
        at += n;
      }
      end.closeOutput();
      return all;
    };
  }

  private static byte[] receive(Connection end, boolean direct) throws IOException {
    var all = new ByteArrayOutputStream();
    ByteBuffer target = direct ? ByteBuffer.allocateDirect(50_000) : ByteBuffer.allocate(50_000);
    while (end.input().read(target) >= 0) {
      byte[] piece = new byte[target.flip().remaining()];
      target.get(piece).clear();
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  @Test
  void bulkArrivesInBothDirectionsAtOnce() throws Exception {
    try (var carriers = Loopback.open()) {
      Connection[] ends = EncryptedWire.joined(carriers, NoiseFraming.NATIVE, pool);
      var sums = new ArrayList<FutureTask<Long>>();
      for (Connection end : ends) {
        sums.add(
            start(
                "sending",
                () -> {
                  long sum =
                      new RandomBytes(end.peer().getPort()).send(end.output(), 32 << 20).sum();
                  end.closeOutput();
                  return sum;
                }));
        sums.add(start("receiving", () -> RandomBytes.receive(end.input())));
      }
      assertThat(sums.get(3).get()).isEqualTo(sums.get(0).get());
      assertThat(sums.get(1).get()).isEqualTo(sums.get(2).get());
      ends[0].close();
      ends[1].close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void closeOrResetEndsAWriterBlockedOnAFullSocket(String how) throws Exception {
    try (var carriers = Loopback.open(SMALL_SOCKET)) {
      Connection[] ends = EncryptedWire.joined(carriers, NoiseFraming.NATIVE, pool);
      FutureTask<Void> blocked =
          new FutureTask<>(() -> {
            while (true) {
              ends[0].output().write(new byte[100_000]);
            }
          });
      Thread writer = Threads.start("blocked writer", blocked);
      awaitParked(writer);
      assertThat(pool.borrowed()).as("large buffers of the writer").isZero();
      assertThat(pool.budget().held()).as("rest of the writer").isPositive();
      end(ends[0], how);
      assertThatThrownBy(() -> blocked.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      ends[1].close();
    }
  }

  private static void awaitParked(Thread thread) throws Exception {
    Eventually.within(TIMEOUT, () -> assertThat(thread.getState()).isEqualTo(Thread.State.WAITING));
  }

  private static void end(Connection connection, String how) {
    if (how.equals("close")) {
      connection.close();
    } else {
      connection.reset();
    }
  }

  /** Neither its length as announced nor the bytes that have arrived make the buffer larger. */
  @Test
  void incompleteRecordHoldsNoMoreThanItsLength() throws Exception {
    try (var wire = new EncryptedWire(pool)) {
      byte[] record = wire.record(new byte[60_000]);
      wire.give(Arrays.copyOf(record, 20_000));
      var waiting = start("waiting reader", () -> wire.far.input().read());
      Eventually.within(
          TIMEOUT,
          () -> {
            assertThat(wire.far.received()).isEqualTo(20_000);
            assertThat(pool.budget().held()).isEqualTo(record.length);
          });
      assertThat(pool.borrowed()).isZero();
      wire.give(Arrays.copyOfRange(record, 20_000, record.length));
      assertThat(waiting.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isZero();
    }
    assertThat(pool.budget().held()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void closeOrResetReturnsTheBufferOfAReaderWithinARecord(String how) throws Exception {
    try (var wire = new EncryptedWire(pool)) {
      byte[] record = wire.record(new byte[60_000]);
      wire.give(Arrays.copyOf(record, 50_000));
      var blocked = start("blocked reader", () -> wire.far.input().read());
      Eventually.within(TIMEOUT, () -> assertThat(pool.budget().held()).isEqualTo(record.length));
      end(wire.far, how);
      assertThatThrownBy(() -> blocked.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      assertThat(pool.budget().held()).isZero();
    }
  }

  /** Decrypted and encrypted data is buffered, and no thread reads it any more. */
  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void closeOrResetReturnsBuffersWithUnreadData(String how) throws Exception {
    try (var wire = new EncryptedWire(pool)) {
      byte[] one = wire.record(new byte[60_000]);
      byte[] two = wire.record(new byte[60_000]);
      wire.give(one, two);
      Eventually.within(
          TIMEOUT,
          () -> {
            ByteBuffer target = ByteBuffer.allocate(BufferPool.MEDIUM_BYTES);
            assertThat(wire.far.input().tryRead(target)).isEqualTo(BufferPool.MEDIUM_BYTES);
          });
      assertThat(pool.borrowed()).as("records and decrypted data").isEqualTo(2);
      end(wire.far, how);
      assertThat(pool.borrowed()).isZero();
      assertThat(pool.budget().held()).isZero();
      assertThatThrownBy(() -> wire.far.input().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void noBufferIsHeldBetweenTheEndAndTheClose() throws Exception {
    try (var wire = new EncryptedWire(pool)) {
      byte[] one = wire.record(new byte[60_000]);
      wire.give(one, wire.endMark());
      assertThat(wire.far.input().readAllBytes()).hasSize(60_000);
      assertThat(pool.borrowed()).isZero();
    }
  }

  /** A close during a read must not return a buffer that is in use. */
  @Test
  void closesDuringBulkTransferLoseNoBuffer() throws Exception {
    var random = Seed.random("NoiseFlowTest closes");
    for (int i = 0; i < 30; i++) {
      try (var carriers = Loopback.open()) {
        Connection[] ends = EncryptedWire.joined(carriers, rekeyingAfter(100_000), pool);
        var tasks = new ArrayList<FutureTask<Void>>();
        for (Connection end : ends) {
          tasks.add(
              start(
                  "writer",
                  () -> {
                    while (true) {
                      end.output().write(new byte[random.nextInt(200_000)]);
                    }
                  }));
          tasks.add(
              start(
                  "reader",
                  () -> {
                    end.input().readAllBytes();
                    return null;
                  }));
        }
        long min = (long) random.nextInt(4) << 20;
        Eventually.within(
            TIMEOUT, () -> assertThat(ends[1].received()).isGreaterThanOrEqualTo(min));
        for (int end : List.of(0, 1)) {
          end(ends[end], random.nextBoolean() ? "close" : "reset");
        }
        for (FutureTask<Void> task : tasks) {
          assertThatThrownBy(() -> task.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
              .hasCauseInstanceOf(IOException.class);
        }
        assertThat(pool.borrowed()).as("round %d", i).isZero();
      }
    }
  }

  private static <T> FutureTask<T> start(String name, Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start(name, task);
    return task;
  }
}
