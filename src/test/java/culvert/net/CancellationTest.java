package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class CancellationTest {

  private final Cancellation cancellation = new Cancellation();
  private final AtomicInteger first = new AtomicInteger();
  private final AtomicInteger second = new AtomicInteger();

  @Test
  void cancelRunsTheCurrentActionOnce() {
    cancellation.onCancel(first::incrementAndGet);
    assertThat(cancellation.isCancelled()).isFalse();
    cancellation.cancel();
    cancellation.cancel();
    assertThat(cancellation.isCancelled()).isTrue();
    assertThat(first).hasValue(1);
  }

  @Test
  void cancelDoesNotRunAReplacedAction() {
    cancellation.onCancel(first::incrementAndGet);
    cancellation.onCancel(second::incrementAndGet);
    cancellation.cancel();
    assertThat(first).hasValue(0);
    assertThat(second).hasValue(1);
  }

  @Test
  void actionRunsAtOnceAfterCancel() {
    cancellation.cancel();
    cancellation.onCancel(first::incrementAndGet);
    cancellation.onCancel(second::incrementAndGet);
    assertThat(first).hasValue(1);
    assertThat(second).hasValue(1);
  }

  @RepeatedTest(200)
  void actionRunsOnceIfRegisteredWhileCancelling() throws Exception {
    var start = new CountDownLatch(1);
    var canceller =
        Thread.ofVirtual()
            .start(() -> {
              awaitQuietly(start);
              cancellation.cancel();
            });
    start.countDown();
    cancellation.onCancel(first::incrementAndGet);
    canceller.join();
    assertThat(first).hasValue(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
