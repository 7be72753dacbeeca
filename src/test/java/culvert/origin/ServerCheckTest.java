package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.HealthCheck;
import culvert.config.HealthProbe;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.TestResolver;
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
import java.util.concurrent.Semaphore;
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

  /** The causes of the checks without a result. */
  private final List<String> inconclusive = new CopyOnWriteArrayList<>();

  private final Semaphore places = new Semaphore(1, true);

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
    return check(server.address(), new Dialer(new BufferPool()), failures);
  }

  private ServerCheck check(HostPort server, Dialer dialer, int failures) {
    var settings = new HealthCheck(HealthProbe.parse("http:/"), INTERVAL, RolePair.LIMIT, failures);
    var listener =
        new ServerCheck.Listener() {
          @Override
          public void failed(String service, String cause) {
            failed.incrementAndGet();
          }

          @Override
          public void inconclusive(String service, String cause) {
            inconclusive.add(cause);
          }

          @Override
          public void changed(String service, Optional<String> cause) {
            changes.add((cause.isEmpty() ? "healthy " : "unhealthy ") + checks.get());
            if (isListenerBroken && cause.isPresent()) {
              throw new IllegalStateException("listener");
            }
          }
        };
    return new ServerCheck(
        "web",
        new HealthRequest(server, settings, Optional.empty()),
        new CheckParts(dialer, deadlines, places, () -> isShortOfDescriptors, listener, log.log()));
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
  void firstCheckDecidesAtOnce() throws Exception {
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

  /** The resolver cannot open its files then, and reports a name that does not exist. */
  @Test
  void nameThatIsNotFoundForLackOfDescriptorsIsNoResult() throws Exception {
    isShortOfDescriptors = true;
    var resolver = new TestResolver();
    var name = new HostPort("name.example", 80);
    try (var check = check(name, resolver.dialer(new BufferPool()), 1)) {
      check.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(inconclusive).hasSizeGreaterThan(6));
      assertThat(inconclusive).first().asString().contains("name.example");
      assertThat(changes).isEmpty();
      assertThat(failed.get()).isZero();
      isShortOfDescriptors = false;
      Eventually.within(RolePair.LIMIT, () -> assertThat(check.isHealthy()).isFalse());
    }
    awaitEnd();
  }

  /** A process that always uses its last descriptors would never notice a failure. */
  @Test
  void answerOfTheServerIsAResultDespiteALackOfDescriptors() throws Exception {
    isShortOfDescriptors = true;
    assertChanges("+-", 1, "unhealthy 2");
    assertThat(inconclusive).isEmpty();
  }

  @Test
  void checkWaitsForAPlace() throws Exception {
    places.acquire();
    try (var server = server("+");
        var check = check(server, 1)) {
      check.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(places.hasQueuedThreads()).isTrue());
      assertThat(server.accepted()).isZero();
      places.release();
      Eventually.within(RolePair.LIMIT, () -> assertThat(checks.get()).isGreaterThan(1));
    }
    awaitEnd();
    assertThat(places.availablePermits()).as("given back").isOne();
  }

  @Test
  void checkThatIsClosedWhileItWaitsLeavesItsPlace() throws Exception {
    places.acquire();
    try (var server = server("+")) {
      ServerCheck check = check(server, 1);
      check.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(places.hasQueuedThreads()).isTrue());
      check.close();
      places.release();
      awaitEnd();
      assertThat(server.accepted()).isZero();
    }
    assertThat(places.availablePermits()).isOne();
    assertThat(inconclusive).isEmpty();
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
