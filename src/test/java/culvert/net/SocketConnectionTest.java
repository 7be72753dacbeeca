package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@Timeout(60)
class SocketConnectionTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void halfCloseIsEndForPeerThatMayContinue() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(new byte[] {1, 2, 3});
      pair.near().closeOutput();
      assertThat(pair.far().input().readAllBytes()).containsExactly(1, 2, 3);
      pair.far().output().write(new byte[] {4, 5});
      pair.far().closeOutput();
      assertThat(pair.near().input().readAllBytes()).containsExactly(4, 5);
      assertThat(pair.near().closeCause()).isEmpty();
      assertThat(pair.far().closeCause()).isEmpty();
    }
  }

  @Test
  void resetReachesThePeerAsReset() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().reset();
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
    }
  }

  /** The operating system reports a reset once: the write must not hide it from the reader. */
  @Test
  void readerSeesResetThatWriterGotFirst() throws Exception {
    for (int i = 0; i < 300; i++) {
      try (var pair = Loopback.open(4096)) {
        var started = new CountDownLatch(1);
        var writer =
            new FutureTask<>(() -> {
              started.countDown();
              while (true) {
                pair.near().output().write(new byte[1 << 16]);
              }
            });
        Threads.start("writer", writer);
        var reader = new FutureTask<>(() -> pair.near().input().read());
        Threads.start("reader", reader);
        started.await();
        pair.far().input().readNBytes(1 << 16);
        pair.far().reset();
        assertThatThrownBy(() -> reader.get(10, TimeUnit.SECONDS))
            .as("round %d", i)
            .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> writer.get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void resetAfterHalfCloseReachesThePeer() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().closeOutput();
      assertThat(pair.far().input().read()).isEqualTo(-1);
      pair.near().reset();
      // The end was read before; the broken connection shows when the peer goes on writing.
      Eventually.within(
          LIMIT,
          () ->
              assertThatThrownBy(() -> pair.far().output().write(1))
                  .isInstanceOf(IOException.class));
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
    }
  }

  @Test
  void closeEndsBlockedRead() throws Exception {
    ended(Loopback.open(), SocketConnection::close, near -> near.input().read());
  }

  @Test
  void resetEndsBlockedReadAndReachesThePeer() throws Exception {
    try (var pair = Loopback.open()) {
      ended(pair, SocketConnection::reset, near -> near.input().read());
    }
  }

  @Test
  void closeEndsBlockedWrite() throws Exception {
    ended(Loopback.open(8192), SocketConnection::close, SocketConnectionTest::writeForEver);
  }

  @Test
  void resetEndsBlockedWrite() throws Exception {
    ended(Loopback.open(8192), SocketConnection::reset, SocketConnectionTest::writeForEver);
  }

  @Test
  void resetByPeerEndsBlockedWrite() throws Exception {
    try (var pair = Loopback.open(8192)) {
      var blocked = blocked(pair.near(), SocketConnectionTest::writeForEver);
      pair.far().reset();
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      assertThat(pair.near().closeCause()).contains(CloseCause.RESET);
    }
  }

  @Test
  void useAfterCloseIsNotPeersFailure() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().close();
      pair.near().close();
      pair.near().reset();
      assertThatThrownBy(() -> pair.near().output().write(1))
          .isInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(() -> pair.near().input().read())
          .isInstanceOf(ClosedChannelException.class);
      assertThat(pair.near().closeCause()).contains(CloseCause.STOPPED);
    }
  }

  @Test
  void bothEndsCountBytes() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(ByteBuffer.wrap(new byte[1000], 100, 300));
      pair.near().output().write(7);
      assertThat(pair.near().sent()).isEqualTo(301);
      assertThat(pair.near().received()).isZero();
      pair.far().input().readNBytes(300);
      assertThat(pair.far().received()).isEqualTo(300);
      assertThat(pair.far().input().read()).isEqualTo(7);
      assertThat(pair.far().received()).isEqualTo(301);
      pair.near().closeOutput();
      assertThat(pair.far().input().read()).isEqualTo(-1);
      assertThat(pair.far().received()).as("an end is no byte").isEqualTo(301);
      assertThat(pair.far().sent()).isZero();
    }
  }

  @Test
  void bothEndsReportAddresses() throws Exception {
    try (var pair = Loopback.open()) {
      assertThat(pair.near().local()).isEqualTo(pair.far().peer());
      assertThat(pair.near().peer()).isEqualTo(pair.far().local());
    }
  }

  /** The operations of one thread on a connection until it ends. */
  private interface Work {
    void on(SocketConnection connection) throws IOException;
  }

  private interface Ending {
    void of(SocketConnection connection);
  }

  private static void writeForEver(SocketConnection connection) throws IOException {
    for (; ; ) {
      connection.output().write(new byte[64 * 1024]);
    }
  }

  private static void ended(Loopback pair, Ending ending, Work work) throws Exception {
    try (pair) {
      var blocked = blocked(pair.near(), work);
      ending.of(pair.near());
      assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      assertThat(pair.near().closeCause()).contains(CloseCause.STOPPED);
    }
  }

  /** Work that waits for the peer, which does nothing. */
  private static FutureTask<Void> blocked(SocketConnection connection, Work work) throws Exception {
    var begun = new CountDownLatch(1);
    var task =
        new FutureTask<Void>(() -> {
          begun.countDown();
          work.on(connection);
          return null;
        });
    Thread thread = Threads.start("blocked", task);
    begun.await();
    Eventually.within(LIMIT, () -> assertThat(thread.getState()).isEqualTo(Thread.State.WAITING));
    return task;
  }

  @Test
  void keepAliveOptionsAreSet() throws Exception {
    try (var pair = Loopback.open()) {
      assumeTrue(
          pair.far().channel().supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE));
      pair.far().keepAlive(Duration.ofSeconds(10), Duration.ofSeconds(3), 5);
      var channel = pair.far().channel();
      assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(10);
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(3);
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(5);
    }
  }
}
