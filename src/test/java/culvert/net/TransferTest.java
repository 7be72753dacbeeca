package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The copy loop of a socket: every byte once, and no large buffer while nothing comes. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TransferTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final BufferPool pool = new BufferPool();

  @Test
  void everyByteArrivesOnceForAnyWriteSizes() throws Exception {
    var random = Seed.random("TransferTest");
    byte[] sent = new byte[5_000_000];
    random.nextBytes(sent);
    try (var pair = pair()) {
      var copied = copying(pair.far());
      for (int at = 0; at < sent.length; ) {
        int most = 1 << random.nextInt(19);
        int length = Math.min(sent.length - at, 1 + random.nextInt(most));
        pair.near().output().write(ByteBuffer.wrap(sent, at, length));
        at += length;
      }
      pair.near().closeOutput();
      assertThat(copied.get(30, TimeUnit.SECONDS)).isEqualTo(sent);
      assertThat(pair.far().received()).isEqualTo(sent.length);
      assertThat(pool.borrowed()).isZero();
    }
  }

  @Test
  void idleLoopHoldsNoLargeBuffer() throws Exception {
    try (var pair = pair()) {
      var copied = copying(pair.far());
      for (int burst = 1; burst <= 3; burst++) {
        pair.near().output().write(new byte[1_000_000]);
        long all = burst * 1_000_000L;
        Eventually.within(
            LIMIT,
            () -> {
              assertThat(pair.far().received()).isEqualTo(all);
              assertThat(pool.borrowed()).isZero();
            });
      }
      pair.near().closeOutput();
      assertThat(copied.get(10, TimeUnit.SECONDS)).hasSize(3_000_000);
    }
  }

  /** The number of bytes is the size of the buffer of an idle loop. */
  @Test
  void silentSenderThatFilledTheBufferOccupiesNoLargerOne() throws Exception {
    try (var pair = pair()) {
      var copied =
          new FutureTask<>(() -> pair.far().input().transferTo(OutputStream.nullOutputStream()));
      Thread loop = Threads.start("loop", copied);
      pair.near().output().write(new byte[BufferPool.IDLE_BYTES]);
      Eventually.within(
          LIMIT, () -> assertThat(pair.far().received()).isEqualTo(BufferPool.IDLE_BYTES));
      awaitWait(loop, BufferPool.IDLE_BYTES);
      assertThat(pool.borrowed()).isZero();
      pair.near().closeOutput();
      assertThat(copied.get(10, TimeUnit.SECONDS)).isEqualTo(BufferPool.IDLE_BYTES);
    }
  }

  /** A request of usual size reaches the origin server in one piece. */
  @Test
  void messageLongerThanTheIdleBufferIsWrittenAtOnce() throws Exception {
    var writes = new CopyOnWriteArrayList<Integer>();
    var sink =
        new ByteOutput() {
          @Override
          public void write(ByteBuffer source) {
            writes.add(source.remaining());
          }
        };
    try (var pair = pair()) {
      int message = BufferPool.SMALL_BYTES - 1;
      pair.near().output().write(new byte[message]);
      pair.near().closeOutput();
      var copied = new FutureTask<>(() -> pair.far().input().transferTo(sink));
      Threads.start("loop", copied);
      assertThat(copied.get(10, TimeUnit.SECONDS)).isEqualTo(message);
      assertThat(writes).containsExactly(message);
      assertThat(pool.budget().held()).isZero();
    }
  }

  /** Each message that exceeded the idle buffer cost a second read and a question to the kernel. */
  @Test
  void loopOfLongerMessagesWaitsWithASmallBuffer() throws Exception {
    try (var pair = pair()) {
      var loop = startEcho(pair.far());
      echo(pair.near(), BufferPool.IDLE_BYTES + 1);
      awaitWait(loop, BufferPool.IDLE_BYTES + BufferPool.SMALL_BYTES);
      echo(pair.near(), 1);
      awaitWait(loop, BufferPool.IDLE_BYTES);
      pair.near().closeOutput();
      loop.join();
    }
  }

  @Test
  void loopOfLongerMessagesWaitsWithTheIdleBufferWhileOthersHoldMemory() throws Exception {
    ByteBuffer other = pool.borrow((int) (pool.budget().limit() / 8));
    try (var pair = pair()) {
      var loop = startEcho(pair.far());
      echo(pair.near(), BufferPool.IDLE_BYTES + 1);
      awaitWait(loop, other.capacity() + BufferPool.IDLE_BYTES);
      pair.near().closeOutput();
      loop.join();
    }
    pool.release(other);
    assertThat(pool.budget().held()).isZero();
  }

  /** A visitor of bore that sends nothing counted 4 KiB, which was half of the budget for all. */
  @Test
  void idleRelaysOfTwoSocketsLeaveTheBudgetToOthers() throws Exception {
    try (var visitor = pair();
        var channel = pair();
        var deadlines = new Deadlines()) {
      var relay =
          new Relay("test", visitor.far(), channel.far(), deadlines, Duration.ofSeconds(30));
      var running = new FutureTask<>(relay::run);
      Threads.start("relay", running);
      for (int i = 0; i < 2; i++) {
        visitor.near().output().write(1);
        assertThat(channel.near().input().read()).isEqualTo(1);
        channel.near().output().write(1);
        assertThat(visitor.near().input().read()).isEqualTo(1);
        assertThat(pool.budget().held()).isEqualTo(2 * BufferPool.IDLE_BYTES);
      }
      visitor.near().closeOutput();
      channel.near().closeOutput();
      assertThat(running.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
    }
  }

  @Test
  void blockedWriterHoldsNoLargeBuffer() throws Exception {
    try (var pair = pair();
        var sink = Loopback.open(8192)) {
      // The sink is not read, so that the loop blocks in a write.
      var stuck =
          new FutureTask<Void>(() -> {
            pair.far().input().transferTo(sink.near().output());
            return null;
          });
      Thread loop = Threads.start("loop", stuck);
      Thread feeder = Threads.start("feeder", () -> feed(pair.near()));
      Eventually.within(
          LIMIT,
          () -> {
            assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(feeder.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(pool.borrowed()).isZero();
          });
      assertThat(pool.budget().held()).isBetween(1L, (long) BufferPool.BUFFER_BYTES);
      sink.near().reset();
      loop.join();
      assertThat(pool.budget().held()).as("of the failed loop").isZero();
      assertThat(stuck.state()).isEqualTo(Future.State.FAILED);
      pair.far().reset();
      feeder.join();
    }
  }

  @Test
  void blockedWritersHoldLittleUnderPressure() throws Exception {
    var budget = new MemoryBudget(1 << 20);
    var scarce = new BufferPool(budget);
    ByteBuffer other = scarce.borrow(600 * 1024);
    try (var pair = pair(scarce);
        var sink = Loopback.open(8192)) {
      var stuck = new FutureTask<>(() -> pair.far().input().transferTo(sink.near().output()));
      Thread loop = Threads.start("loop", stuck);
      Thread feeder = Threads.start("feeder", () -> feed(pair.near()));
      Eventually.within(
          LIMIT,
          () -> {
            assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(feeder.getState()).isEqualTo(Thread.State.WAITING);
          });
      assertThat(budget.held() - other.capacity()).isBetween(1L, 2L * BufferPool.SMALL_BYTES);
      sink.near().reset();
      loop.join();
      pair.far().reset();
      feeder.join();
    }
  }

  /** Relays of two sockets are not evicted: however many block, the loans shrink. */
  @Test
  void blockedRelaysLeaveHalfOfTheBudgetToOthers() throws Exception {
    var budget = new MemoryBudget(1 << 20);
    var scarce = new BufferPool(budget);
    int relays = 60;
    var open = new ArrayList<AutoCloseable>();
    var threads = new ArrayList<Thread>();
    try {
      for (int i = 0; i < relays; i++) {
        Loopback pair = pair(scarce);
        open.add(pair.near()::reset);
        open.add(pair.far()::reset);
        Loopback sink = Loopback.open(8192);
        open.add(sink.near()::reset);
        open.add(sink.far()::reset);
        var stuck = new FutureTask<>(() -> pair.far().input().transferTo(sink.near().output()));
        threads.add(Threads.start("loop", stuck));
        threads.add(Threads.start("feeder", () -> feed(pair.near())));
      }
      Eventually.within(
          LIMIT,
          () -> assertThat(threads).allMatch(thread -> thread.getState() == Thread.State.WAITING));
      // The last loan may pass the half.
      long loans = budget.limit() / 2 + BufferPool.MEDIUM_BYTES;
      assertThat(budget.held())
          .isLessThanOrEqualTo(loans + relays * (BufferPool.SMALL_BYTES + BufferPool.IDLE_BYTES));
      // A write of which the kernel takes nothing waits with its direct buffer, which is rare.
      assertThat(scarce.borrowed()).isLessThanOrEqualTo(relays / 20);
    } finally {
      for (AutoCloseable connection : open) {
        connection.close();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(budget.held()).isZero();
  }

  private static void feed(SocketConnection connection) {
    try {
      for (; ; ) {
        connection.output().write(new byte[64 * 1024]);
      }
    } catch (IOException e) {
      // Reset by the test.
    }
  }

  private static Thread startEcho(SocketConnection connection) {
    var echo = new FutureTask<>(() -> connection.input().transferTo(connection.output()));
    return Threads.start("loop", echo);
  }

  private static void echo(SocketConnection connection, int bytes) throws IOException {
    connection.output().write(new byte[bytes]);
    assertThat(connection.input().readNBytes(bytes)).hasSize(bytes);
  }

  private void awaitWait(Thread loop, long held) throws Exception {
    Eventually.within(
        LIMIT,
        () -> {
          assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
          assertThat(pool.budget().held()).isEqualTo(held);
        });
  }

  private static FutureTask<byte[]> copying(SocketConnection from) {
    var task =
        new FutureTask<>(() -> {
          var bytes = new ByteArrayOutputStream();
          long total = from.input().transferTo(bytes);
          assertThat(total).isEqualTo(bytes.size());
          return bytes.toByteArray();
        });
    Threads.start("copy", task);
    return task;
  }

  /** A pair whose pool is ours to count. */
  private Loopback pair() throws Exception {
    return pair(pool);
  }

  private static Loopback pair(BufferPool pool) throws Exception {
    try (var server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var client = SocketChannel.open(server.getLocalAddress());
      return new Loopback(
          new SocketConnection(client, pool), new SocketConnection(server.accept(), pool));
    }
  }
}
