package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A link with a delay of 20 ms and a rate of 10 Mbit/s. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class SlowLinkTest {

  @Test
  void keystrokesAreEchoedWhileBulkFillsTheLink() throws Exception {
    try (var server = TestServer.bulkOrEcho();
        var tunnel = RolePair.farFrom(server.address(), Duration.ofMillis(10), 10_000_000);
        Socket keyboard = tunnel.visit()) {
      Socket bulk = tunnel.visit();
      bulk.getOutputStream().write('b');
      var came = new AtomicLong();
      Thread reader = Threads.start("bulk reader", () -> count(bulk, came));
      Eventually.within(RolePair.LIMIT, () -> assertThat(came.get()).isGreaterThan(500_000));
      for (int i = 0; i < 20; i++) {
        keyboard.getOutputStream().write('k');
        assertThat(keyboard.getInputStream().read()).isEqualTo('k');
      }
      long before = came.get();
      Eventually.within(RolePair.LIMIT, () -> assertThat(came.get()).isGreaterThan(before));
      bulk.close();
      reader.join();
    }
  }

  private static void count(Socket visitor, AtomicLong came) {
    byte[] bytes = new byte[64 * 1024];
    try {
      for (int n = 0; n >= 0; n = visitor.getInputStream().read(bytes)) {
        came.addAndGet(n);
      }
    } catch (IOException e) {
      // The test closes the connection.
    }
  }
}
