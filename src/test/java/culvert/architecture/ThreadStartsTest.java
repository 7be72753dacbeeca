package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import java.io.IOException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that only {@link Threads} starts threads, so that its count is complete. */
class ThreadStartsTest {

  private static final String FACTORY = "Threads.java";

  /** Matches source text, without white space, that starts a thread without the factory. */
  private static final Pattern STARTS =
      Pattern.compile(
          "Thread\\.(ofVirtual|ofPlatform|startVirtualThread|Builder)\\b"
              + "|(?<!\\.)newThread\\(|Thread::new\\b|extendsThread\\b|newTimer\\(|newForkJoinPool\\("
              + "|newVirtualThreadPerTaskExecutor|ForkJoinPool\\.|\\.(supply|run)Async\\("
              + "|Executors\\.new\\w+\\((?!(\\d+,)?Threads\\.factory)"
              + "|ThreadPoolExecutor\\((?!\\d+,Threads\\.factory)");

  /** A leaked thread is detected only if the factory has started it. */
  private static final Pattern NAMED = Pattern.compile("Thread\\.ofVirtual\\(\\)\\.name\\(");

  /** Crashes the JVM of JDK 25 while virtual threads start and end. */
  private static final Pattern DUMP = Pattern.compile("dump" + "Threads");

  @Test
  void onlyTheFactoryOfTheProductStartsThreads() throws IOException {
    assertThat(Sources.files("src/main", STARTS)).containsExactly(FACTORY);
  }

  @Test
  void testsStartNamedVirtualThreadsThroughTheFactory() throws IOException {
    assertThat(Sources.files("src/test", NAMED)).isEmpty();
  }

  @Test
  void noTestDumpsThreads() throws IOException {
    assertThat(Sources.files("src/test", DUMP)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Thread.ofVirtual().start(task)",
        "Thread.ofPlatform().daemon()",
        "Thread.startVirtualThread(task)",
        "new Thread(task)",
        "class Worker extends Thread {",
        "Executors.newVirtualThreadPerTaskExecutor()",
        "Executors.newCachedThreadPool()",
        "Executors.newFixedThreadPool(2, Thread::new)",
        "new ScheduledThreadPoolExecutor(1)",
        "new ThreadPoolExecutor(1, 1, 1, SECONDS, queue)",
        "CompletableFuture.runAsync(task)",
        "new Timer()"
      })
  void startWithoutTheFactoryIsDetected(String source) {
    assertThat(STARTS.matcher(source.replaceAll("\\s+", "")).find()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Threads.start(name, task)",
        "Executors.newSingleThreadExecutor(Threads.factory(name))",
        "Executors.newFixedThreadPool(2, Threads.factory(name))",
        "new ScheduledThreadPoolExecutor(1, Threads.factory(name))",
        "Thread.currentThread().interrupt()",
        "import java.util.concurrent.ScheduledThreadPoolExecutor;"
      })
  void startThroughTheFactoryIsAccepted(String source) {
    assertThat(STARTS.matcher(source.replaceAll("\\s+", "")).find()).isFalse();
  }
}
