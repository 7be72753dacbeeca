package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class OpenSetTest {

  private static final Duration LONG = Duration.ofSeconds(10);

  private final OpenSet<String> live = new OpenSet<>();

  @Test
  void closeAllReachesEveryMember() {
    live.add("gone");
    live.add("one");
    live.add("two");
    live.remove("gone");
    var ended = new ArrayList<String>();
    live.closeAll(ended::add);
    assertThat(ended).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void addFailsAfterCloseAll() {
    assertThat(live.add("before")).isTrue();
    live.closeAll(member -> {});
    assertThat(live.add("after")).isFalse();
    live.remove("before");
    assertThat(live.awaitEmpty(Duration.ZERO)).isTrue();
  }

  /** A member may remove itself while it is being closed. */
  @Test
  void membersMayRemoveThemselvesDuringCloseAll() {
    live.add("one");
    live.add("two");
    live.closeAll(live::remove);
    assertThat(live.awaitEmpty(Duration.ZERO)).isTrue();
  }

  @Test
  void waitEndsWithLastMember() throws Exception {
    live.add("one");
    live.add("two");
    var started = new CountDownLatch(1);
    Thread leaver =
        Thread.ofVirtual()
            .start(() -> {
              live.remove("one");
              started.countDown();
              live.remove("two");
            });
    started.await();
    assertThat(live.awaitEmpty(LONG)).isTrue();
    leaver.join();
  }

  @Test
  void waitEndsAtLimit() {
    live.add("stays");
    long start = System.nanoTime();
    assertThat(live.awaitEmpty(Duration.ofMillis(30))).isFalse();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30_000_000);
  }

  @Test
  void interruptEndsWaitAndIsKept() {
    live.add("stays");
    Thread.currentThread().interrupt();
    assertThat(live.awaitEmpty(LONG)).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }
}
