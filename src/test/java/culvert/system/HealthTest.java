package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.HealthChecks;
import culvert.http.HttpHeadReader;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.RunningRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Visitors of a service that two origin proxies share and check. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class HealthTest {

  private static final HealthChecks CHECKS =
      Rules.check("http:/health", Duration.ofMillis(100), RolePair.LIMIT, 2);

  /** An origin server that answers checks with a status, and visitors with its letter. */
  private static final class Server implements AutoCloseable {
    private final char letter;
    private final TestServer server;
    private volatile int status = 200;

    Server(char letter) throws IOException {
      this.letter = letter;
      this.server = new TestServer(this::serve);
    }

    private void serve(Socket connection) throws IOException {
      var reader = new HttpHeadReader(connection.getInputStream());
      if (new String(reader.firstBytes(), StandardCharsets.US_ASCII).startsWith("GET ")) {
        reader.readHead();
        connection.getOutputStream().write(("HTTP/1.1 " + status + "\r\n\r\n").getBytes());
      } else {
        connection.getOutputStream().write(letter);
        connection.getInputStream().transferTo(connection.getOutputStream());
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  private final List<Socket> visitors = new ArrayList<>();
  private Server here;
  private Server there;
  private RolePair tunnel;
  private RolePair second;

  private static RolePair.Options options(String name) {
    return new RolePair.Options().shared().name(name).healthChecks(CHECKS);
  }

  @BeforeEach
  void start() throws Exception {
    here = new Server('h');
    there = new Server('t');
    tunnel = RolePair.to(here.server.address(), options("laptop"));
    second =
        new RolePair(there.server.address(), options("desktop"), tunnel.remote().controlAddress());
    second.join();
    tunnel.awaitLog("service offered", "shared_with=laptop");
  }

  @AfterEach
  void close() throws Exception {
    for (Socket visitor : visitors) {
      visitor.close();
    }
    second.close();
    tunnel.close();
    there.close();
    here.close();
  }

  private char visit() throws IOException {
    Socket visitor = TestClient.dial(tunnel.outside());
    visitors.add(visitor);
    visitor.getOutputStream().write("visitor!".getBytes(StandardCharsets.US_ASCII));
    return (char) visitor.getInputStream().read();
  }

  private String visits(int count) throws IOException {
    var reached = new StringBuilder();
    for (int i = 0; i < count; i++) {
      reached.append(visit());
    }
    return reached.toString();
  }

  private void awaitUnhealthy(String name) throws Exception {
    tunnel.awaitLog("service unhealthy", "origin_proxy=" + name + "@", "service=default");
  }

  private long count(Counter counter) {
    return tunnel.remote().counters().get(counter);
  }

  @Test
  void unhealthyServerGetsNoVisitorsUntilItIsHealthyAgain() throws Exception {
    assertThat(visits(4)).isIn("htht", "thth");
    here.status = 503;
    awaitUnhealthy("laptop");
    tunnel.awaitLog("origin server unhealthy", "service=default", "HTTP status 503");
    assertThat(visits(4)).isEqualTo("tttt");
    here.status = 200;
    tunnel.awaitLog("service healthy", "origin_proxy=laptop@");
    assertThat(visits(4)).isIn("htht", "thth");
    assertThat(count(Counter.SERVICES_UNHEALTHY)).isEqualTo(1);
    assertThat(tunnel.origin().counters().get(Counter.HEALTH_CHECKS_FAILED))
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void connectedVisitorsStay() throws Exception {
    String reached = visits(2);
    Socket ofHere = visitors.get(reached.indexOf('h'));
    here.status = 503;
    awaitUnhealthy("laptop");
    TestClient.assertEchoes(ofHere, "still connected");
  }

  /** The check may be wrong, and visitors would be reset in any case. */
  @Test
  void unhealthyServersHaveTheVisitorsIfNoOtherIsHealthy() throws Exception {
    here.status = 503;
    there.status = 503;
    awaitUnhealthy("laptop");
    awaitUnhealthy("desktop");
    assertThat(visits(4)).isIn("htht", "thth");
  }

  @Test
  void reloadKeepsTheStateUnlessItChangesTheCheck() throws Exception {
    here.status = 503;
    awaitUnhealthy("laptop");
    var options = options("laptop");
    var remote = tunnel.origin().settings().remotes().getFirst().address();
    tunnel.origin().reload(options.originSettings(here.server.address(), remote));
    assertThat(visits(4)).isEqualTo("tttt");
    options.healthChecks(HealthChecks.NONE);
    tunnel.origin().reload(options.originSettings(here.server.address(), remote));
    tunnel.awaitLog("service healthy", "origin_proxy=laptop@");
    assertThat(visits(4)).isIn("htht", "thth");
    options.healthChecks(CHECKS);
    tunnel.origin().reload(options.originSettings(here.server.address(), remote));
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(count(Counter.SERVICES_UNHEALTHY)).isEqualTo(2));
  }

  @Test
  void nextSessionReportsAnUnhealthyServer() throws Exception {
    String web = "web=127.0.0.1:0";
    var retrying = options("tablet").retryingWithin(Duration.ofMillis(50));
    here.status = 503;
    try (var roles = new RunningRoles(retrying, web).join("web=" + here.server.address())) {
      roles.awaitLog("service unhealthy", "service=web");
      roles.restartRemote(web);
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(roles.remote().counters().get(Counter.SERVICES_UNHEALTHY)).isEqualTo(1));
    }
  }

  /** The drain may be long, and no session takes a report any more. */
  @Test
  void drainEndsTheChecksAndVisitorsStay() throws Exception {
    var reset = new CountDownLatch(1);
    try (var server =
            new TestServer(connection -> {
              if (connection.getInputStream().read() == 'G') {
                try {
                  connection.getInputStream().transferTo(OutputStream.nullOutputStream());
                } finally {
                  reset.countDown();
                }
              }
              connection.getInputStream().transferTo(connection.getOutputStream());
            });
        var roles =
            new RunningRoles(options("tablet"), "web=127.0.0.1:0").join("web=" + server.address());
        Socket visitor = roles.visit("web")) {
      visitor.getOutputStream().write('v');
      TestClient.assertEchoes(visitor, "before");
      Eventually.within(RolePair.LIMIT, () -> assertThat(server.accepted()).isEqualTo(2));
      roles.origin().drain(RolePair.LIMIT);
      assertThat(reset.await(10, TimeUnit.SECONDS)).isTrue();
      TestClient.assertEchoes(visitor, "after");
    }
  }
}
