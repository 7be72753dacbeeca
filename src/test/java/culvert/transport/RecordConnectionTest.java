package culvert.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.MemoryBudget;
import culvert.net.Threads;
import culvert.protocol.ProtocolException;
import culvert.testing.Eventually;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.Seed;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link RecordConnection} with minimal records: a length in one byte, then the payload. */
@Timeout(20)
class RecordConnectionTest {

  /** Requires the same space for any record, even an empty one; a length of 255 is the end. */
  private record Lengths(int space) implements RecordDecoder {
    @Override
    public Result decode(ByteBuffer records, ByteBuffer target) {
      int start = records.position();
      if (!records.hasRemaining()) {
        return Result.INCOMPLETE;
      }
      int length = records.get(start) & 0xff;
      boolean end = length == 255;
      if (!end && records.remaining() <= length) {
        return Result.INCOMPLETE;
      }
      if (target.remaining() < space) {
        return Result.TARGET_TOO_SMALL;
      }
      records.get();
      if (end) {
        return Result.ENDED;
      }
      target.put(records.slice(start + 1, length));
      records.position(start + 1 + length);
      return Result.DECODED;
    }

    @Override
    public int neededBytes(ByteBuffer records) {
      return records.hasRemaining() ? 1 + (records.get(records.position()) & 0xff) : 1;
    }

    @Override
    public void onCarrierEnd(boolean within) throws IOException {
      throw new EOFException();
    }
  }

  private static final RecordEncoder UNCHANGED =
      new RecordEncoder() {
        @Override
        public int maxEncodedBytes(int payload) {
          return payload;
        }

        @Override
        public void encode(ByteBuffer source, ByteBuffer records) {
          records.put(source);
        }

        @Override
        public boolean encodeEnd(ByteBuffer records) {
          return true;
        }
      };

  private final BufferPool pool = new BufferPool();
  private final MemoryPipe pipe = new MemoryPipe(1 << 16, 1 << 16);

  private Connection connection(int space, byte... early) {
    return new RecordConnection(
        pipe.far(), UNCHANGED, new Lengths(space), ByteBuffer.wrap(early), pool, 8);
  }

  /** Records with a length in two bytes, then the payload. */
  private static final RecordDecoder LONG_RECORDS =
      new RecordDecoder() {
        @Override
        public Result decode(ByteBuffer records, ByteBuffer target) {
          int start = records.position();
          if (records.remaining() < 2 || records.remaining() - 2 < records.getShort(start)) {
            return Result.INCOMPLETE;
          }
          int length = records.getShort(start);
          if (target.remaining() < length) {
            return Result.TARGET_TOO_SMALL;
          }
          target.put(records.slice(start + 2, length));
          records.position(start + 2 + length);
          return Result.DECODED;
        }

        @Override
        public int neededBytes(ByteBuffer records) {
          return records.remaining() < 2 ? 2 : 2 + records.getShort(records.position());
        }

        @Override
        public void onCarrierEnd(boolean within) throws IOException {
          throw new EOFException();
        }
      };

  private RecordConnection connectionWithLongRecords() {
    return connectionWithLongRecords(pipe.far());
  }

  private RecordConnection connectionWithLongRecords(Connection carrier) {
    return new RecordConnection(
        carrier, UNCHANGED, LONG_RECORDS, ByteBuffer.allocate(0), pool, 2048);
  }

  private void sendRecord(int length) throws IOException {
    pipe.near().output().write(record(length));
  }

  private static ByteBuffer record(int length) {
    return ByteBuffer.allocate(2 + length).putShort((short) length).clear();
  }

  @Test
  void unauthenticatedPeerCannotSendLongRecordsOrHoldPooledBuffers() throws Exception {
    var connection = connectionWithLongRecords();
    sendRecord(ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES - 2);
    assertThat(connection.input().readNBytes(100)).hasSize(100);
    assertThat(pool.borrowed()).isZero();
    assertThat(connection.input().readNBytes(ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES - 102))
        .isNotEmpty();
    sendRecord(ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES - 1);
    assertThatThrownBy(() -> connection.input().read())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a record exceeds 20480 bytes, the maximum before login");
    assertThat(pool.borrowed()).isZero();
  }

  @Test
  void authenticatedPeerMaySendLongRecords() throws Exception {
    var connection = connectionWithLongRecords();
    sendRecord(ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES - 2);
    assertThat(connection.input().readNBytes(ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES - 2))
        .isNotEmpty();
    connection.setAuthenticated();
    sendRecord(30_000);
    assertThat(connection.input().readNBytes(30_000)).hasSize(30_000);
    connection.close();
    assertThat(pool.borrowed()).isZero();
  }

  /** A login that fails does not close its transport. */
  @Test
  void receivedBytesCountInTheBudgetFromTheLoginOn() throws Exception {
    var connection = connectionWithLongRecords();
    sendRecord(10_000);
    assertThat(connection.input().read()).isZero();
    assertThat(pool.budget().held()).as("before the login").isZero();
    connection.setAuthenticated();
    assertThat(pool.budget().held()).as("after the login").isGreaterThanOrEqualTo(10_000);
    connection.close();
    assertThat(pool.budget().held()).as("after the close").isZero();
  }

  @Test
  void readThatDoesNotWaitReturnsZeroWithinARecord() throws Exception {
    try (var carriers = Loopback.open();
        var connection = connectionWithLongRecords(carriers.far())) {
      connection.setAuthenticated();
      ByteBuffer target = ByteBuffer.allocate(30_000);
      assertThat(connection.input().tryRead(target)).isZero();
      carriers.near().output().write(record(20_000).limit(10_000));
      Eventually.within(
          Duration.ofSeconds(10),
          () -> {
            assertThat(connection.input().tryRead(target)).isZero();
            assertThat(connection.received()).isEqualTo(10_000);
          });
      carriers.near().output().write(record(20_000).position(10_000));
      Eventually.within(
          Duration.ofSeconds(10),
          () -> assertThat(connection.input().tryRead(target)).isEqualTo(20_000));
      carriers.near().closeOutput();
      assertThatThrownBy(() -> connection.input().read(target)).isInstanceOf(EOFException.class);
    }
    assertThat(pool.budget().held()).isZero();
  }

  /** The first record makes the loop use large buffers. */
  @Test
  void copyLoopThatWaitsWithinARecordHoldsNoMoreThanTheRecord() throws Exception {
    try (var carriers = Loopback.open()) {
      var connection = connectionWithLongRecords(carriers.far());
      connection.setAuthenticated();
      var copied =
          new FutureTask<>(() -> connection.input().transferTo(OutputStream.nullOutputStream()));
      Thread loop = Threads.start("loop", copied);
      carriers.near().output().write(record(30_000));
      carriers.near().output().write(record(30_000).limit(20_000));
      Eventually.within(
          Duration.ofSeconds(10),
          () -> {
            assertThat(connection.received()).isEqualTo(30_002 + 20_000);
            assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(pool.borrowed()).isZero();
          });
      int ofLoop = BufferPool.IDLE_BYTES + BufferPool.SMALL_BYTES;
      assertThat(pool.budget().held()).isEqualTo(30_002 + ofLoop);
      connection.close();
      assertThatThrownBy(copied::get).hasCauseInstanceOf(IOException.class);
      assertThat(pool.budget().held()).isZero();
    }
  }

  /** The loop reads with small buffers then, and what it has not decoded counts as well. */
  @Test
  void blockedCopyLoopHoldsFewRecordsWhileMemoryIsShort() throws Exception {
    var scarce = new BufferPool(new MemoryBudget(1 << 20));
    ByteBuffer other = scarce.borrow(600 * 1024);
    try (var carriers = Loopback.open();
        var sink = Loopback.open(8192)) {
      var connection =
          new RecordConnection(
              carriers.far(), UNCHANGED, LONG_RECORDS, ByteBuffer.allocate(0), scarce, 2048);
      connection.setAuthenticated();
      var copied = new FutureTask<>(() -> connection.input().transferTo(sink.near().output()));
      Thread loop = Threads.start("loop", copied);
      var fed =
          new FutureTask<Void>(() -> {
            for (; ; ) {
              carriers.near().output().write(record(10_000));
            }
          });
      Thread feeder = Threads.start("feeder", fed);
      Eventually.within(
          Duration.ofSeconds(10),
          () -> {
            assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(feeder.getState()).isEqualTo(Thread.State.WAITING);
          });
      assertThat(scarce.budget().held() - other.capacity()).isLessThan(3 * 10_002);
      sink.near().reset();
      connection.reset();
      assertThatThrownBy(copied::get).hasCauseInstanceOf(IOException.class);
      assertThatThrownBy(fed::get).hasCauseInstanceOf(IOException.class);
    }
  }

  private void send(int... bytes) throws IOException {
    for (int b : bytes) {
      pipe.near().output().write(b);
    }
  }

  /** TLS sends tickets and key updates; a decoder needs space for those as well. */
  @Test
  void recordWithoutPayloadYieldsNothingForSmallTarget() throws IOException {
    Connection connection = connection(50);
    send(0, 0, 2, 7, 8, 0, 255);
    assertThat(connection.input().read()).isEqualTo(7);
    assertThat(connection.input().read()).isEqualTo(8);
    assertThat(connection.input().read()).isEqualTo(-1);
    assertThat(pool.borrowed()).isZero();
  }

  @Test
  void endThatNeedsMoreSpaceThanTheTargetIsAnEnd() throws IOException {
    Connection connection = connection(50);
    send(255);
    assertThat(connection.input().read(new byte[3])).isEqualTo(-1);
    assertThat(pool.borrowed()).isZero();
  }

  @Test
  void handshakeMayHaveReadPartOfFirstRecord() throws IOException {
    Connection connection = connection(1, (byte) 3, (byte) 1);
    send(2, 3, 255);
    assertThat(connection.input().readAllBytes()).containsExactly(1, 2, 3);
  }

  @Test
  void handshakeMayHaveReadMoreThanIdleBufferHolds() throws IOException {
    byte[] early = new byte[12];
    early[0] = 20;
    Connection connection = connection(1, early);
    send(0, 0, 0, 0, 0, 0, 0, 0, 9, 255);
    assertThat(connection.input().readAllBytes()).hasSize(20).endsWith(9);
    assertThat(pool.borrowed()).isZero();
  }

  /** The records that wait hold the bytes; a second buffer would double the memory of a writer. */
  @Test
  void copyLoopThatWaitsForTheCarrierHoldsNoBufferOfItsOwn() throws Exception {
    byte[] sent = new byte[4_000_000];
    Seed.random("RecordConnectionTest").nextBytes(sent);
    try (var source = Loopback.open(1 << 16, pool);
        var sink = Loopback.open(8192)) {
      var records =
          new RecordConnection(
              sink.near(), UNCHANGED, new Lengths(0), ByteBuffer.allocate(0), pool, 8);
      var copied =
          new FutureTask<>(() -> {
            long total = source.far().input().transferTo(records.output());
            records.closeOutput();
            return total;
          });
      Thread loop = Threads.start("loop", copied);
      var fed =
          new FutureTask<Void>(() -> {
            source.near().output().write(sent);
            source.near().closeOutput();
            return null;
          });
      Thread feeder = Threads.start("feeder", fed);
      Eventually.within(
          Duration.ofSeconds(10),
          () -> {
            assertThat(loop.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(feeder.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(pool.borrowed()).isZero();
          });
      assertThat(pool.budget().held()).isLessThanOrEqualTo(BufferPool.BUFFER_BYTES + 2 * 1024);
      assertThat(sink.far().input().readAllBytes()).isEqualTo(sent);
      assertThat(copied.get()).isEqualTo(sent.length);
      fed.get();
      assertThat(pool.budget().held()).isZero();
    }
  }

  @Test
  void channelBindingIsThatOfTheCarrier() {
    Connection below =
        new RecordConnection(
            pipe.far(), UNCHANGED, new Lengths(1), ByteBuffer.allocate(0), pool, 8, new byte[] {5});
    Connection above =
        new RecordConnection(below, UNCHANGED, new Lengths(1), ByteBuffer.allocate(0), pool, 8);
    assertThat(above.channelBinding()).containsExactly(5);
    assertThat(connection(1).channelBinding()).isEmpty();
  }
}
