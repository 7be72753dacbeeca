package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A connection that is read while it waits for its counterpart. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class ReadAheadTest {

  private final Loopback pair;
  private final BufferPool pool = new BufferPool();
  private final CompletableFuture<Void> broken = new CompletableFuture<>();
  private final ReadAhead ahead;

  ReadAheadTest() throws IOException {
    pair = Loopback.open();
    ahead = ReadAhead.start("ahead", pair.far(), pool, () -> broken.complete(null));
  }

  @AfterEach
  void close() {
    ahead.stop();
    pair.close();
  }

  /** Runs a copy loop; returns what was read to the end. */
  private CompletableFuture<byte[]> copy() throws IOException {
    var copied = new CompletableFuture<byte[]>();
    var bytes = new ByteArrayOutputStream();
    ahead.handOver(ByteOutput.of(bytes));
    Connection rest = ahead.rest();
    ahead.run(() -> {
      try {
        rest.input().transferTo(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        copied.complete(bytes.toByteArray());
      }
    });
    return copied;
  }

  @Test
  void resetIsNoticed() throws Exception {
    pair.near().output().write(new byte[100]);
    pair.near().reset();
    broken.get(10, TimeUnit.SECONDS);
    assertThat(ahead.isBroken()).isTrue();
  }

  /** A relay waits for the end of its copy loop. */
  @Test
  void bugInTheReadingThreadDoesNotPreventTheCopyLoop() throws Exception {
    var reported = new CompletableFuture<Throwable>();
    var handler = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, bug) -> reported.complete(bug));
    try (var other = Loopback.open()) {
      var bug = new IllegalStateException("bug");
      ReadAhead failing =
          ReadAhead.start(
              "failing",
              other.far(),
              pool,
              () -> {
                throw bug;
              });
      other.near().reset();
      var copied = new CompletableFuture<Void>();
      failing.run(() -> copied.complete(null));
      copied.get(10, TimeUnit.SECONDS);
      assertThat(failing.isBroken()).isTrue();
      assertThat(reported.get(10, TimeUnit.SECONDS)).isSameAs(bug);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(handler);
    }
  }

  @Test
  void endOfTheInputIsNoBreak() throws Exception {
    pair.near().output().write(new byte[100]);
    pair.near().closeOutput();
    assertThat(copy().get(10, TimeUnit.SECONDS)).hasSize(100);
    assertThat(ahead.isBroken()).isFalse();
  }

  @Test
  void bytesReadAheadPrecedeTheRest() throws Exception {
    byte[] sent = new byte[10 * ReadAhead.MAX_BYTES];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = (byte) (i / 7);
    }
    int early = ReadAhead.MAX_BYTES + 1;
    pair.near().output().write(sent, 0, early);
    var copied = copy();
    pair.near().output().write(sent, early, sent.length - early);
    pair.near().closeOutput();
    assertThat(copied.get(10, TimeUnit.SECONDS)).isEqualTo(sent);
  }

  /** Each waiting visitor held 4 KiB that the budget did not count. */
  @Test
  void waitingConnectionCountsInTheBudgetUntilItsBytesAreForwarded() throws Exception {
    assertThat(pool.budget().held()).isEqualTo(BufferPool.IDLE_BYTES);
    var sink = new CompletableFuture<byte[]>();
    ahead.handOver(ByteOutput.of(new ByteArrayOutputStream()));
    Connection rest = ahead.rest();
    ahead.run(() -> {
      try {
        byte[] read = new byte[200];
        int n = rest.input().read(read);
        sink.complete(Arrays.copyOf(read, n));
        // The loop continues and waits for more bytes.
        rest.input().transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        sink.completeExceptionally(e);
      }
    });
    pair.near().output().write(new byte[100]);
    assertThat(sink.get(10, TimeUnit.SECONDS)).hasSize(100);
    assertThat(pool.budget().held()).isZero();
    pair.near().closeOutput();
  }

  @Test
  void bytesBeyondTheIdleBufferAreReadAhead() throws Exception {
    byte[] sent = new byte[ReadAhead.MAX_BYTES];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = (byte) (i / 7);
    }
    pair.near().output().write(sent);
    Eventually.within(
        Duration.ofSeconds(10), () -> assertThat(pair.far().received()).isEqualTo(sent.length));
    assertThat(pool.budget().held()).isEqualTo(ReadAhead.MAX_BYTES);
    var copied = copy();
    pair.near().closeOutput();
    assertThat(copied.get(10, TimeUnit.SECONDS)).isEqualTo(sent);
  }

  @Test
  void stoppedReadAheadReleasesItsBufferOnceTheConnectionIsClosed() throws Exception {
    ahead.stop();
    pair.far().reset();
    Eventually.within(Duration.ofSeconds(10), () -> assertThat(pool.budget().held()).isZero());
  }

  /** The peer that sent them may wait for an answer before it sends more. */
  @Test
  void bytesReadAheadDoNotWaitForMore() throws Exception {
    var bytes = new ByteArrayOutputStream();
    pair.near().output().write(new byte[100]);
    Eventually.within(
        Duration.ofSeconds(10), () -> assertThat(pair.far().received()).isEqualTo(100));
    ahead.handOver(ByteOutput.of(bytes));
    pair.near().closeOutput();
    ahead.run(() -> {});
    assertThat(bytes.size()).isEqualTo(100);
  }

  @Test
  void resetAfterTheStopIsNotReported() throws Exception {
    ahead.stop();
    pair.far().reset();
    assertThat(ahead.isBroken()).isFalse();
    assertThat(broken).isNotDone();
  }
}
