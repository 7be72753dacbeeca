package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestClient;
import java.net.Socket;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Opens 200 concurrent visitors. */
final class ManyVisitors {

  private static final int VISITORS = 200;
  private static final int LIMIT_SECONDS = 50;

  private ManyVisitors() {}

  /** Continues with a visitor after all have received their echo. */
  @FunctionalInterface
  interface Next {
    void then(Socket visitor, String text) throws Exception;
  }

  /** Opens the visitors; none continues before each has received the echo of its own text. */
  static void visitAll(HostPort address, Next next) throws Exception {
    var all = new CountDownLatch(VISITORS);
    try (ExecutorService visitors = Executors.newVirtualThreadPerTaskExecutor()) {
      var visits = new ArrayList<Future<?>>();
      for (int i = 0; i < VISITORS; i++) {
        String text = "visitor " + i;
        visits.add(
            visitors.submit(() -> {
              try (Socket visitor = TestClient.dial(address)) {
                TestClient.assertEchoes(visitor, text);
                all.countDown();
                assertThat(all.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
                next.then(visitor, text);
              }
              return null;
            }));
      }
      for (Future<?> visit : visits) {
        visit.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
    }
  }
}
