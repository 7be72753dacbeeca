package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.http.HttpHeadReader;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
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

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final AtomicReference<OriginSettings> settings =
      new AtomicReference<>(settings("tcp", Duration.ofHours(1), "web=127.0.0.1:1"));
  private final HealthMonitor monitor =
      new HealthMonitor(
          settings::get,
          new Dialer(new BufferPool()),
          deadlines,
          () -> {},
          new Counters(),
          log.log());

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
}
