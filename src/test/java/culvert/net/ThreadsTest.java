package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Other tests of this JVM may still be ending their threads, so each test counts by name. */
@ExtendWith(LeakCheck.class)
class ThreadsTest {

  private final CountDownLatch end = new CountDownLatch(1);

  @AfterEach
  void endAll() {
    end.countDown();
  }

  private void awaitEnd() {
    await(end);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long live(String name) {
    return Threads.live().stream().filter(name::equals).count();
  }

  @Test
  void startedThreadIsVirtualAndNamed() {
    Thread thread = Threads.start("test virtual", this::awaitEnd);
    assertThat(thread.isVirtual()).isTrue();
    assertThat(thread.getName()).isEqualTo("test virtual");
  }

  @Test
  void platformThreadIsANamedDaemonAndCounted() throws Exception {
    Thread thread = Threads.startPlatform("test platform", this::awaitEnd);
    assertThat(thread.isVirtual()).isFalse();
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("test platform");
    assertThat(live("test platform")).isEqualTo(1);
    end.countDown();
    thread.join();
    assertThat(live("test platform")).isZero();
  }

  @Test
  void liveListsEachThreadUntilItEnds() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("test b", "test a", "test b")) {
      threads.add(Threads.start(name, this::awaitEnd));
    }
    assertThat(Threads.live()).containsSubsequence("test a", "test b", "test b").isSorted();
    assertThat(Threads.count()).isGreaterThanOrEqualTo(3);
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(Threads.live()).doesNotContain("test a", "test b");
  }

  @Test
  void threadIsCountedUntilItsExceptionIsHandled() throws Exception {
    var bug = new IllegalStateException("on purpose");
    var caught = new AtomicReference<Throwable>();
    var counted = new AtomicReference<Long>();
    var task = new CountDownLatch(1);
    Thread thread =
        Threads.start(
            "test bug",
            () -> {
              await(task);
              throw bug;
            });
    thread.setUncaughtExceptionHandler((of, exception) -> {
      caught.set(exception);
      counted.set(live("test bug"));
    });
    task.countDown();
    thread.join();
    assertThat(caught).hasValue(bug);
    assertThat(counted).hasValue(1L);
    assertThat(live("test bug")).isZero();
  }

  @Test
  void exceptionReachesTheDefaultHandler() throws Exception {
    var caught = new AtomicReference<Throwable>();
    var handler = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, exception) -> caught.set(exception));
    try {
      Threads.start(
              "test bug",
              () -> {
                throw new AssertionError("on purpose");
              })
          .join();
      assertThat(caught.get()).hasMessage("on purpose");
      Threads.startPlatform(
              "test bug",
              () -> {
                throw new IllegalStateException("again");
              })
          .join();
      assertThat(caught.get()).hasMessage("again");
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(handler);
    }
    assertThat(live("test bug")).isZero();
  }

  @Test
  void threadOfAFactoryIsCountedOnceStarted() throws Exception {
    Thread thread = Threads.factory("test factory").newThread(this::awaitEnd);
    assertThat(live("test factory")).isZero();
    thread.start();
    assertThat(live("test factory")).isEqualTo(1);
    assertThat(thread.isVirtual()).isTrue();
    end.countDown();
    thread.join();
    assertThat(live("test factory")).isZero();
  }

  @Test
  void threadsOfAnExecutorAreNamedAndCounted() throws Exception {
    try (var executor = Executors.newThreadPerTaskExecutor(Threads.factory("test executor"))) {
      Future<Long> counted = executor.submit(() -> live(Thread.currentThread().getName()));
      assertThat(counted.get()).isEqualTo(1);
    }
    assertThat(live("test executor")).isZero();
  }
}
