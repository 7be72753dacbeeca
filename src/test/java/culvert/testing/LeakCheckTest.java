package culvert.testing;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.Threads;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeakCheckTest {

  private final LeakCheck check = new LeakCheck(Duration.ofMillis(200));

  @BeforeEach
  void begin() throws Exception {
    check.beforeEach(null);
  }

  private void assertFindsNothing() {
    assertThatCode(() -> check.afterEach(null)).doesNotThrowAnyException();
  }

  private void assertFinds(String what) {
    assertThatThrownBy(() -> check.afterEach(null)).hasMessageContaining(what);
  }

  @Test
  void testThatLeavesNothingPasses() throws Exception {
    Threads.start("short", () -> {}).join();
    assertFindsNothing();
  }

  @Test
  void threadLeftBehindIsNamed() throws Exception {
    var end = new CountDownLatch(1);
    Thread thread = Threads.start("left by a test", () -> await(end));
    try {
      assertFinds("left by a test");
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  void threadOfAnEarlierTestIsIgnored() throws Exception {
    var end = new CountDownLatch(1);
    Thread thread = Threads.start("left earlier", () -> await(end));
    try {
      check.beforeEach(null);
      assertFindsNothing();
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  void socketLeftBehindIsFound() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/fd")));
    var socket = new ServerSocket(0);
    try {
      assertFinds("sockets left behind");
    } finally {
      socket.close();
    }
  }

  @Test
  void uncaughtExceptionIsFound() throws Exception {
    Threads.start(
            "faulty",
            () -> {
              throw new IllegalStateException("on purpose");
            })
        .join();
    assertFinds("on purpose");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
