package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AnnouncementsTest {

  private static final HostPort ADDRESS = new HostPort("192.0.2.1", 80);
  private static final RemoteAddress REMOTE = RemoteAddress.parse("192.0.2.1:9000");

  @Test
  void servedReturnsWhileThePrinterBlocksAndCloseWaitsForTheLines() {
    var printed = new LinkedBlockingQueue<String>();
    var unblocked = new CountDownLatch(1);
    try (var announcements =
        new Announcements((service, address, remote) -> {
          await(unblocked);
          printed.add(service + "=" + address);
        })) {
      announcements.served("web", ADDRESS, REMOTE);
      announcements.served("ssh", ADDRESS, REMOTE);
      assertThat(printed).isEmpty();
      unblocked.countDown();
    }
    assertThat(printed).containsExactly("web=192.0.2.1:80", "ssh=192.0.2.1:80");
  }

  @Test
  void blockedOutputHoldsOneLineForEachService() throws Exception {
    var printed = new LinkedBlockingQueue<String>();
    var isBlocked = new CountDownLatch(1);
    var unblocked = new CountDownLatch(1);
    try (var announcements =
        new Announcements((service, address, remote) -> {
          isBlocked.countDown();
          await(unblocked);
          printed.add(service + "=" + address.port());
        })) {
      announcements.served("web", new HostPort("192.0.2.1", 1), REMOTE);
      isBlocked.await();
      for (int port = 2; port <= 1000; port++) {
        announcements.served("web", new HostPort("192.0.2.1", port), REMOTE);
        announcements.served("ssh", new HostPort("192.0.2.1", port), REMOTE);
      }
      unblocked.countDown();
    }
    assertThat(printed).containsExactly("web=1", "web=1000", "ssh=1000");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
