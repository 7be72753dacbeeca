package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaks a thread of {@link Threads} or a socket, or has an uncaught exception.
 * Threads and sockets may take a few seconds to end.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Duration limit;
  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private UncaughtExceptionHandler before;
  private List<String> threadsBefore;
  private long socketsBefore;

  /** Used by JUnit. */
  public LeakCheck() {
    this(LIMIT);
  }

  LeakCheck(Duration limit) {
    this.limit = limit;
  }

  /** The JDK opens a few sockets of its own at first use, and keeps them. */
  private static void warmUp() throws Exception {
    try (var pair = Loopback.open()) {
      Thread reader = Thread.ofVirtual().start(() -> readQuietly(pair));
      pair.near().output().write(1);
      reader.join();
    }
  }

  private static void readQuietly(Loopback pair) {
    try {
      pair.far().input().read();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    warmUp();
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, exception) -> uncaught.add(exception));
    threadsBefore = Threads.live();
    socketsBefore = sockets();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    try {
      Eventually.within(
          limit,
          () -> {
            assertThat(newThreads()).as("threads left behind").isEmpty();
            assertThat(sockets()).as("sockets left behind").isLessThanOrEqualTo(socketsBefore);
          });
      assertThat(uncaught).as("uncaught exceptions").isEmpty();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  private List<String> newThreads() {
    var names = new ArrayList<>(Threads.live());
    threadsBefore.forEach(names::remove);
    return names;
  }

  private static long sockets() {
    try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(LeakCheck::isSocket).count();
    } catch (IOException e) {
      // Not Linux: the threads and exceptions are still checked.
      return 0;
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      return false;
    }
  }
}
