package culvert.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.LeakCheck;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class StopTest {

  private final Stop stop = new Stop();
  private final CompletableFuture<String> ran = new CompletableFuture<>();

  private void noteThread() {
    ran.complete(Thread.currentThread().getName());
  }

  @Test
  void actionRunsInAThreadOfItsOwnOnceRequested() throws Exception {
    stop.then(this::noteThread);
    assertThat(ran).isNotDone();
    assertThat(Threads.live()).doesNotContain("stop");
    assertThat(stop.request()).isTrue();
    assertThat(ran.get(10, TimeUnit.SECONDS)).isEqualTo("stop");
    stop.await();
  }

  @Test
  void actionAddedAfterTheRequestRunsAtOnce() throws Exception {
    stop.request();
    stop.then(this::noteThread);
    assertThat(ran.get(10, TimeUnit.SECONDS)).isEqualTo("stop");
  }

  @Test
  void secondRequestIsRecognised() throws Exception {
    stop.request();
    assertThat(stop.request()).isFalse();
    stop.await();
  }
}
