package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.HealthChecks;
import culvert.config.HealthProbe;
import culvert.config.OriginSettings;
import culvert.config.PerService;
import culvert.config.RemoteAddress;
import culvert.config.ServiceValue;
import culvert.http.HttpHeadReader;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.TestResolver;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The checks of all services of a role, and their change at a reload. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class HealthMonitorTest {

  private static final RemoteAddress REMOTE =
      new RemoteAddress.Direct(new HostPort("127.0.0.1", 1));

  private static final Duration SHORTEST = Duration.ofMillis(100);

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final AtomicReference<OriginSettings> settings =
      new AtomicReference<>(settings("tcp", Duration.ofHours(1), "web=127.0.0.1:1"));
  private final Counters counters = new Counters();

  /** Services whose health may have changed. */
  private final Queue<String> changed = new ConcurrentLinkedQueue<>();

  private final HealthMonitor monitor = monitor(new Dialer(new BufferPool()));

  private HealthMonitor monitor(Dialer dialer) {
    return new HealthMonitor(settings::get, dialer, deadlines, changed::add, counters, log.log());
  }

  @AfterEach
  void close() {
    monitor.close();
    deadlines.close();
    log.close();
  }

  private static OriginSettings settings(String probe, Duration interval, String... services) {
    return new RolePair.Options()
        .healthChecks(Rules.check(probe, interval, RolePair.LIMIT, 1))
        .originSettings(REMOTE, services);
  }

  private static void answer(Socket connection, int status) throws IOException {
    new HttpHeadReader(connection.getInputStream()).readHead();
    byte[] text = ("HTTP/1.1 " + status + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    connection.getOutputStream().write(text);
  }

  /** Its visitors would go to a server that is down until the check has failed again. */
  @Test
  void changedIntervalKeepsAnUnhealthyServerUnhealthy() throws Exception {
    var requests = new ConcurrentLinkedQueue<Long>();
    try (var server =
        new TestServer(connection -> {
          requests.add(System.nanoTime());
          if (requests.size() == 1) {
            answer(connection, 503);
          } else {
            connection.getInputStream().transferTo(OutputStream.nullOutputStream());
          }
        })) {
      String web = "web=" + server.address();
      settings.set(settings("http:/", Duration.ofHours(1), web));
      monitor.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(monitor.isHealthy("web")).isFalse());
      settings.set(settings("http:/", Duration.ofHours(2), web));
      monitor.settingsChanged();
      Eventually.within(RolePair.LIMIT, () -> assertThat(requests).hasSize(2));
      assertThat(monitor.isHealthy("web")).as("same server and probe").isFalse();
      settings.set(settings("http:/other", Duration.ofHours(2), web));
      monitor.settingsChanged();
      assertThat(monitor.isHealthy("web")).as("another probe").isTrue();
    }
  }

  /** Together they would need as many descriptors and lookups at once as there are services. */
  @Test
  void checksOfManyServicesDoNotStayTogether() throws Exception {
    int services = 50;
    Queue<Long> requests = new ConcurrentLinkedQueue<>();
    try (var server =
        new TestServer(connection -> {
          requests.add(System.nanoTime());
          answer(connection, 200);
        })) {
      settings.set(
          settings(
              "http:/",
              Duration.ofSeconds(1),
              IntStream.range(0, services)
                  .mapToObj(i -> "s" + i + "=" + server.address())
                  .toArray(String[]::new)));
      monitor.start();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(requests).hasSizeGreaterThan(2 * services));
      // 50 random times within a second are within 300 ms of each other once in 10^24 runs.
      List<Long> second = List.copyOf(requests).subList(services, 2 * services);
      assertThat(second.getLast() - second.getFirst()).isGreaterThan(300_000_000L);
    }
  }

  /** A service of the witness runs its checks as often, so that they measure time. */
  private void awaitChecks(TestServer witness, int count) throws Exception {
    int before = witness.accepted();
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(witness.accepted()).isGreaterThan(before + count));
  }

  private void reload(Duration interval, String... services) {
    settings.set(settings("tcp", interval, services));
    monitor.settingsChanged();
  }

  @Test
  void reloadEndsTheChecksOfAServiceThatItRemoves() throws Exception {
    try (var removed = TestServer.echo();
        var stays = TestServer.echo()) {
      String witness = "ssh=" + stays.address();
      settings.set(settings("tcp", SHORTEST, "web=" + removed.address(), witness));
      monitor.start();
      awaitChecks(removed, 2);
      reload(SHORTEST, witness);
      awaitChecks(stays, 1);
      int before = removed.accepted();
      awaitChecks(stays, 5);
      assertThat(removed.accepted()).isEqualTo(before);
    }
  }

  @Test
  void reloadEndsTheChecksWithTheTimesOfBefore() throws Exception {
    try (var server = TestServer.echo();
        var stays = TestServer.echo()) {
      var healthChecks =
          new HealthChecks(
              Rules.forAll(HealthProbe.parse("tcp")),
              PerService.of(
                  List.of(
                      new ServiceValue<>("web", Duration.ofDays(1)),
                      new ServiceValue<>("ssh", SHORTEST))),
              PerService.none(),
              PerService.none());
      String[] services = {"web=" + server.address(), "ssh=" + stays.address()};
      settings.set(settings("tcp", SHORTEST, services));
      monitor.start();
      awaitChecks(server, 2);
      settings.set(
          new RolePair.Options().healthChecks(healthChecks).originSettings(REMOTE, services));
      monitor.settingsChanged();
      awaitChecks(stays, 1);
      int before = server.accepted();
      awaitChecks(stays, 5);
      assertThat(server.accepted()).as("one check a day").isEqualTo(before);
    }
  }

  /** Each reload added a check, and a log line for each change of the server. */
  @Test
  void manyReloadsLeaveOneCheckOfEachService() throws Exception {
    try (var server = TestServer.echo();
        var stays = TestServer.echo()) {
      String[] services = {"web=" + server.address(), "ssh=" + stays.address()};
      settings.set(settings("tcp", SHORTEST, services));
      monitor.start();
      for (int i = 0; i < 200; i++) {
        settings.set(settings(i % 2 == 0 ? "tcp" : "http:/", SHORTEST.plusMillis(i % 2), services));
        monitor.settingsChanged();
      }
      reload(SHORTEST, services);
      awaitChecks(stays, 2);
      int before = server.accepted();
      awaitChecks(stays, 5);
      // 200 checks would be 1000 connections; each of the services has six or so.
      assertThat(server.accepted() - before).isLessThan(30);
    }
  }

  @Test
  void checkInProgressEndsWithItsService() throws Exception {
    var ended = new CountDownLatch(1);
    try (var server =
        new TestServer(connection -> {
          new HttpHeadReader(connection.getInputStream()).readHead();
          try {
            connection.getInputStream().read();
          } finally {
            ended.countDown();
          }
        })) {
      var hour = Duration.ofHours(1);
      String[] services = {"web=" + server.address(), "ssh=127.0.0.1:1"};
      settings.set(
          new RolePair.Options()
              .healthChecks(Rules.check("http:/", hour, hour, 1))
              .originSettings(REMOTE, services));
      monitor.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(server.accepted()).isOne());
      reload(hour, "ssh=127.0.0.1:1");
      assertThat(ended.await(10, TimeUnit.SECONDS)).as("reset").isTrue();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(Threads.live()).doesNotContain("health check of web"));
      assertThat(monitor.isHealthy("web")).isTrue();
      assertThat(log.text()).doesNotContain("service=web");
    }
  }

  /** The health of all services was reported to all sessions for each change of one. */
  @Test
  void changeIsReportedForItsServiceOnly() throws Exception {
    try (var server = TestServer.echo()) {
      String web = "web=" + server.address();
      settings.set(settings("tcp", Duration.ofHours(1), web, "down=127.0.0.1:1"));
      monitor.start();
      Eventually.within(RolePair.LIMIT, () -> assertThat(changed).containsExactly("down"));
      settings.set(settings("tcp", Duration.ofHours(1), web));
      monitor.settingsChanged();
      assertThat(changed).as("it counts as healthy").containsExactly("down", "down");
      monitor.settingsChanged();
      assertThat(changed).hasSize(2);
    }
  }

  /** The limit of lookups is for visitors too; the checks took all of its places. */
  @Test
  void checksOfManyNamesWaitForOneAnother() throws Exception {
    // More than the lookups that checks may have in progress.
    int services = 150;
    var resolver = new TestResolver();
    resolver.answer(List.of("127.0.0.1"));
    resolver.hang();
    try (var server = TestServer.echo();
        var checking = monitor(resolver.dialer(new BufferPool()))) {
      settings.set(
          settings(
              "tcp",
              Duration.ofHours(1),
              IntStream.range(0, services)
                  .mapToObj(i -> "s" + i + "=name" + i + ".example:" + server.address().port())
                  .toArray(String[]::new)));
      checking.start();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(resolver.lookups()).isEqualTo(HealthMonitor.MAX_CHECKS));
      resolver.resume();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(server.accepted()).isGreaterThanOrEqualTo(services));
      assertThat(changed).isEmpty();
      assertThat(counters.get(Counter.HEALTH_CHECKS_FAILED)).isZero();
      assertThat(counters.get(Counter.HEALTH_CHECKS_INCONCLUSIVE)).isZero();
    }
  }
}
