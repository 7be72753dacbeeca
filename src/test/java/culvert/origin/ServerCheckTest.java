package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.HealthCheck;
import culvert.config.HealthProbe;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** When an origin server becomes healthy and unhealthy. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ServerCheckTest {

  private static final Duration INTERVAL = Duration.ofMillis(2);

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final AtomicInteger checks = new AtomicInteger();

  /** Each change, with the number of checks until then. */
  private final List<String> changes = new CopyOnWriteArrayList<>();

  private final AtomicInteger failed = new AtomicInteger();

  /** The listener throws at a change to unhealthy. */
  private volatile boolean isListenerBroken;

  private volatile boolean isShortOfDescriptors;

  @AfterEach
  void close() {
    deadlines.close();
    log.close();
  }

  /** Returns a server whose checks have these results, the last one also later. */
  private TestServer server(String results) throws IOException {
    return new TestServer(connection -> {
      int check = Math.min(checks.getAndIncrement(), results.length() - 1);
      if (connection.getInputStream().read(new byte[1000]) < 0) {
        // The check was ended by the end of the test.
        return;
      }
      String status = results.charAt(check) == '+' ? "200" : "503";
      connection.getOutputStream().write(("HTTP/1.1 " + status + "\r\n\r\n").getBytes());
    });
  }

  private ServerCheck check(TestServer server, int failures) {
    var settings = new HealthCheck(HealthProbe.parse("http:/"), INTERVAL, RolePair.LIMIT, failures);
    return new ServerCheck(
        "web",
        new HealthRequest(server.address(), settings, Optional.empty()),
        new Dialer(new BufferPool()),
        deadlines,
        new ServerCheck.Listener() {
          @Override
          public void failed(String service, String cause) {
            failed.incrementAndGet();
          }

          @Override
          public void changed(String service, Optional<String> cause) {
            changes.add((cause.isEmpty() ? "healthy " : "unhealthy ") + checks.get());
            if (isListenerBroken && cause.isPresent()) {
              throw new IllegalStateException("listener");
            }
          }
        },
        () -> isShortOfDescriptors,
        log.log());
  }

  private void assertChanges(String results, int failures, String... expected) throws Exception {
    try (var server = server(results);
        var check = check(server, failures)) {
      assertThat(check.isHealthy()).as("before the first check").isTrue();
      check.start();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(checks.get()).isGreaterThan(results.length() + 1));
      assertThat(changes).containsExactly(expected);
      assertThat(check.isHealthy()).isEqualTo(results.endsWith("+"));
      assertThat(failed.get())
          .isGreaterThanOrEqualTo((int) results.chars().filter(one -> one == '-').count());
    }
  }

  @Test
  void firstCheckDecidesAlone() throws Exception {
    assertChanges("-+", 3, "unhealthy 1", "healthy 2");
  }

  @Test
  void serverIsUnhealthyAfterFailuresInARow() throws Exception {
    assertChanges("+--+-+---+", 3, "unhealthy 9", "healthy 10");
  }

  @Test
  void serverStaysUnhealthyUntilACheckSucceeds() throws Exception {
    assertChanges("+-----", 1, "unhealthy 2");
  }

  /** The server would be out of service for good. */
  @Test
  void exceptionOfTheListenerDoesNotEndTheChecks() throws Exception {
    isListenerBroken = true;
    assertChanges("-+", 3, "unhealthy 1", "healthy 2");
    log.await("internal error after health check", "listener");
  }

  @Test
  void failureForLackOfDescriptorsIsNoResult() throws Exception {
    isShortOfDescriptors = true;
    try (var server = server("-");
        var check = check(server, 1)) {
      check.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(checks.get()).isGreaterThan(6));
      assertThat(changes).isEmpty();
      assertThat(failed.get()).isZero();
    }
  }

  private static void awaitEnd() throws Exception {
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(Threads.live()).doesNotContain("health check of web"));
  }

  @Test
  void closedCheckDoesNotBeginAgain() throws Exception {
    try (var server = server("+")) {
      ServerCheck check = check(server, 1);
      check.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(checks.get()).isGreaterThan(1));
      check.close();
      awaitEnd();
      int before = server.accepted();
      check.start();
      awaitEnd();
      assertThat(server.accepted()).isEqualTo(before);
      assertThat(changes).isEmpty();
    }
  }
}
