package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.UnixServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Connections to a Unix socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnixConnectionTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Less than the system's buffer holds, so that it can be written without a reader. */
  private static final int BURST = 100_000;

  @TempDir private Path folder;

  private final BufferPool pool = new BufferPool();
  private ServerSocketChannel server;
  private Connection near;

  /** A server without a place for another connection, and those that wait there; may be null. */
  private ServerSocketChannel full;

  private final List<Connection> queued = new ArrayList<>();
  private SocketChannel far;

  @BeforeEach
  void open() throws Exception {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(folder.resolve("socket")));
    near = connect(folder.resolve("socket"));
    far = server.accept();
  }

  @AfterEach
  void close() throws Exception {
    near.close();
    far.close();
    server.close();
    queued.forEach(Connection::close);
    if (full != null) {
      full.close();
    }
    assertThat(pool.budget().held()).isZero();
  }

  private Connection connect(Path path) throws IOException {
    return connect(path, LIMIT, new Cancellation());
  }

  private Connection connect(Path path, Duration limit, Cancellation cancellation)
      throws IOException {
    return new Dialer(pool).connect(UnixPath.parse("unix:" + path), limit, cancellation);
  }

  /** Starts a server that has accepted nothing, and has no place for another connection. */
  private Path fullServer() throws IOException {
    Path path = folder.resolve("full");
    full = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    full.bind(UnixDomainSocketAddress.of(path), 1);
    // The system has a place more than the backlog.
    queued.add(connect(path));
    queued.add(connect(path));
    return path;
  }

  private static void awaitPause(Thread connecting) throws Exception {
    Eventually.within(
        LIMIT, () -> assertThat(connecting.getState()).isEqualTo(Thread.State.TIMED_WAITING));
  }

  private FutureTask<Long> copying(OutputStream out) {
    var copied = new FutureTask<>(() -> near.input().transferTo(out));
    Threads.start("loop", copied);
    return copied;
  }

  @Test
  void directionsEndIndependently() throws Exception {
    near.output().write(ByteBuffer.wrap("question".getBytes(StandardCharsets.US_ASCII)));
    near.closeOutput();
    ByteBuffer question = ByteBuffer.allocate(100);
    while (far.read(question) >= 0) {
      // Until the end.
    }
    assertThat(question.position()).isEqualTo("question".length());
    far.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    far.shutdownOutput();
    assertThat(near.input().readAllBytes()).containsExactly(1, 2, 3);
    assertThat(near.received()).isEqualTo(3);
    assertThat(near.sent()).isEqualTo("question".length());
    assertThat(near.closeCause()).isEmpty();
  }

  /** The input cannot count the bytes that are there. */
  @Test
  void readThatFillsItsBufferIsFollowedByALargerOne() throws Exception {
    UnixServer.write(far, ByteBuffer.allocate(BURST));
    far.shutdownOutput();
    var writes = new ArrayList<Integer>();
    var sink =
        new ByteOutput() {
          @Override
          public void write(ByteBuffer source) {
            writes.add(source.remaining());
            source.position(source.limit());
          }
        };
    assertThat(copying(sink).get(10, TimeUnit.SECONDS)).isEqualTo(BURST);
    assertThat(writes)
        .startsWith(
            BufferPool.IDLE_BYTES,
            BufferPool.SMALL_BYTES,
            BufferPool.MEDIUM_BYTES,
            BufferPool.MEDIUM_BYTES)
        .hasSizeLessThan(12);
  }

  @Test
  void loopWaitsWithAnIdleBufferAfterABurst() throws Exception {
    FutureTask<Long> copied = copying(OutputStream.nullOutputStream());
    for (int burst = 1; burst <= 3; burst++) {
      UnixServer.write(far, ByteBuffer.allocate(BURST));
      long all = (long) burst * BURST;
      Eventually.within(
          LIMIT,
          () -> {
            assertThat(near.received()).isEqualTo(all);
            assertThat(pool.budget().held())
                .isLessThanOrEqualTo(BufferPool.IDLE_BYTES + BufferPool.MEDIUM_BYTES);
          });
    }
    far.shutdownOutput();
    assertThat(copied.get(10, TimeUnit.SECONDS)).isEqualTo(3L * BURST);
  }

  @Test
  void loopUsesItsIdleBufferOnlyUnderMemoryPressure() throws Exception {
    pool.budget().hold((int) (pool.budget().limit() * 3 / 4));
    UnixServer.write(far, ByteBuffer.allocate(BURST));
    far.shutdownOutput();
    var largest = new int[1];
    var sink =
        new ByteOutput() {
          @Override
          public void write(ByteBuffer source) {
            largest[0] = Math.max(largest[0], source.remaining());
            source.position(source.limit());
          }
        };
    assertThat(copying(sink).get(10, TimeUnit.SECONDS)).isEqualTo(BURST);
    assertThat(largest[0]).isEqualTo(BufferPool.IDLE_BYTES);
    pool.budget().release((int) (pool.budget().limit() * 3 / 4));
  }

  @Test
  void resetEndsABlockedRead() throws Exception {
    FutureTask<Long> copied = copying(OutputStream.nullOutputStream());
    far.write(ByteBuffer.wrap(new byte[] {1}));
    Eventually.within(LIMIT, () -> assertThat(near.received()).isEqualTo(1));
    near.reset();
    assertThatThrownBy(() -> copied.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IOException.class);
    assertThat(near.closeCause()).contains(CloseCause.STOPPED);
    assertThat(near.isClosed()).isTrue();
  }

  /** The only form of a reset that a Unix socket has. */
  @Test
  void peerThatClosesWithUnreadBytesHasReset() throws Exception {
    near.output().write(ByteBuffer.wrap(new byte[] {1}));
    far.close();
    assertThatThrownBy(() -> near.input().read()).isInstanceOf(IOException.class);
    assertThat(near.closeCause()).contains(CloseCause.RESET);
  }

  /** The system does not wait for a place, as it does at a TCP port. */
  @Test
  void connectionsWaitForAServerWhoseQueueIsFull() throws Exception {
    Path path = fullServer();
    var waiting = new ArrayList<FutureTask<Connection>>();
    for (int i = 0; i < 3; i++) {
      waiting.add(new FutureTask<>(() -> connect(path)));
      awaitPause(Threads.start("visitor", waiting.get(i)));
    }
    for (int i = 0; i < 5; i++) {
      full.accept().close();
    }
    for (FutureTask<Connection> connection : waiting) {
      queued.add(connection.get(10, TimeUnit.SECONDS));
    }
    assertThat(queued).hasSize(5);
  }

  @Test
  void waitForAFullQueueEndsAtTheLimit() throws Exception {
    Path path = fullServer();
    assertThatThrownBy(() -> connect(path, Duration.ofMillis(100), new Cancellation()))
        .isInstanceOf(IOException.class)
        .hasMessage("unix:" + path + ": the server has accepted no connection within 100ms");
  }

  @Test
  void waitForAFullQueueEndsWhenItIsCancelled() throws Exception {
    Path path = fullServer();
    var cancellation = new Cancellation();
    var waiting = new FutureTask<>(() -> connect(path, Duration.ofHours(1), cancellation));
    awaitPause(Threads.start("visitor", waiting));
    cancellation.cancel();
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("cancelled");
  }

  /** The superuser may write to every socket. */
  @Test
  void missingPermissionIsNamed() throws Exception {
    Path path = folder.resolve("socket");
    Files.setPosixFilePermissions(path, Set.of());
    assumeThat(Files.isWritable(path)).isFalse();
    assertThatThrownBy(() -> connect(path))
        .isInstanceOf(IOException.class)
        .hasMessage("unix:" + path + ": Permission denied");
  }

  @Test
  void failureNamesTheSocket() throws Exception {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> connect(missing))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("unix:" + missing + ": ");
    Path stale = folder.resolve("stale");
    try (var old = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      old.bind(UnixDomainSocketAddress.of(stale));
    }
    assertThatThrownBy(() -> connect(stale))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("refused");
  }
}
