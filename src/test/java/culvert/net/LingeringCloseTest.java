package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests the close of a connection after a last message. */
@ExtendWith(LeakCheck.class)
@Timeout(20)
class LingeringCloseTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final byte[] MESSAGE = "refused".getBytes(StandardCharsets.US_ASCII);

  private final Deadlines deadlines = new Deadlines();

  @AfterEach
  void close() {
    deadlines.close();
  }

  @Test
  void messageArrivesAlthoughThePeerHasSentUnreadBytes() throws Exception {
    try (var pair = Loopback.open()) {
      pair.far().output().write(new byte[1000]);
      FutureTask<Void> closing = startClosing(pair.near());
      assertThat(pair.far().input().readAllBytes()).isEqualTo(MESSAGE);
      pair.far().close();
      closing.get();
    }
  }

  /** Another thread is blocked in a write, so that the message waits before its first byte. */
  @Test
  void peerThatReadsNothingIsClosedAtTheLimit() throws Exception {
    try (var pair = Loopback.open(4096)) {
      var writing = new FutureTask<Void>(() -> writeForever(pair.near()), null);
      Thread writer = Threads.start("writing", writing);
      Eventually.within(LIMIT, () -> assertThat(writer.getState()).isEqualTo(Thread.State.WAITING));
      startClosing(pair.near()).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      writing.get();
      assertThatThrownBy(() -> pair.near().output().write(MESSAGE)).isInstanceOf(IOException.class);
    }
  }

  private FutureTask<Void> startClosing(Connection connection) {
    var closing =
        new FutureTask<Void>(
            () -> LingeringClose.sendAndClose(connection, MESSAGE, deadlines), null);
    Threads.start("closing", closing);
    return closing;
  }

  private static void writeForever(Connection connection) {
    try {
      while (true) {
        connection.output().write(new byte[64 * 1024]);
      }
    } catch (IOException e) {
      // The connection is closed.
    }
  }
}
