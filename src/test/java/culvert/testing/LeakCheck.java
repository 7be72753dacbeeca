package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Proves that a test left nothing behind: no virtual thread with a name, no socket, no exception
 * that nobody caught. Virtual threads are in no ordinary listing, so a thread dump is read.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Pattern NAMED_VIRTUAL =
      Pattern.compile("\"name\":\\s*\"([^\"]+)\",(?=[^}]*\"virtual\":\\s*true)");

  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private UncaughtExceptionHandler before;
  private long socketsBefore;

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
    socketsBefore = sockets();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    Thread.setDefaultUncaughtExceptionHandler(before);
    Eventually.within(
        LIMIT,
        () -> {
          assertThat(namedVirtualThreads()).as("threads left behind").isEmpty();
          assertThat(sockets()).as("sockets left behind").isLessThanOrEqualTo(socketsBefore);
        });
    assertThat(uncaught).as("exceptions nobody caught").isEmpty();
  }

  private static List<String> namedVirtualThreads() throws IOException {
    Path folder = Files.createTempDirectory("culvert-threads");
    Path dump = folder.resolve("dump.json");
    try {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.JSON);
      var names = new ArrayList<String>();
      var matcher = NAMED_VIRTUAL.matcher(Files.readString(dump));
      while (matcher.find()) {
        names.add(matcher.group(1));
      }
      return names;
    } finally {
      Files.deleteIfExists(dump);
      Files.delete(folder);
    }
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
