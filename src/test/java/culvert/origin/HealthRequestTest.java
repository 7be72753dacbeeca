package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.HealthCheck;
import culvert.config.HealthProbe;
import culvert.net.BufferPool;
import culvert.net.Cancellation;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One check of an origin server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class HealthRequestTest {

  private static final String HTTP = "http:/health?of=all";

  private final Deadlines deadlines = new Deadlines();
  private final Cancellation cancellation = new Cancellation();

  @AfterEach
  void close() {
    deadlines.close();
  }

  private void check(
      HostPort server, String probe, Duration timeout, Optional<ProxyHeader.Version> header)
      throws IOException {
    var settings = new HealthCheck(HealthProbe.parse(probe), RolePair.LIMIT, timeout, 1);
    new HealthRequest(server, settings, header)
        .run(new Dialer(new BufferPool()), deadlines, cancellation);
  }

  private void check(HostPort server, String probe) throws IOException {
    check(server, probe, RolePair.LIMIT, Optional.empty());
  }

  /** Reads up to the empty line. */
  private static String head(Socket connection) throws IOException {
    InputStream in = connection.getInputStream();
    var head = new StringBuilder();
    for (int read = in.read(); read >= 0; read = in.read()) {
      head.append((char) read);
      if (head.toString().endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString();
  }

  /** Returns a server that answers each request with this text. */
  private static TestServer answering(String text) throws IOException {
    return new TestServer(connection -> {
      head(connection);
      connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    });
  }

  private void assertUnhealthy(String answer, String cause) throws Exception {
    try (var server = answering(answer)) {
      assertThatThrownBy(() -> check(server.address(), HTTP))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(cause);
    }
  }

  @Test
  void serverThatAcceptsAConnectionIsHealthy() throws Exception {
    try (var server = TestServer.echo()) {
      check(server.address(), "tcp");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", HTTP})
  void serverThatDoesNotListenIsUnhealthy(String probe) throws Exception {
    int port;
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    assertThatThrownBy(() -> check(new HostPort("127.0.0.1", port), probe))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("127.0.0.1:" + port + ": ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"200 OK", "204", "301 Moved", "399 "})
  void statusBelow400IsHealthy(String status) throws Exception {
    try (var server = answering("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n")) {
      check(server.address(), HTTP);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 500, 503, 999})
  void otherStatusIsUnhealthy(int status) throws Exception {
    assertUnhealthy("HTTP/1.0 " + status + " Text\r\n\r\nbody", ": HTTP status " + status);
  }

  @Test
  void answerThatIsNotHttpIsUnhealthy() throws Exception {
    assertUnhealthy("SSH-2.0-x\r\n\r\n", ": no HTTP answer: 'SSH-2.0-x'");
    assertUnhealthy("HTTP/1.1 20 OK\r\n\r\n", ": no HTTP answer: 'HTTP/1.1 20 OK'");
    assertUnhealthy("HTTP/1.1 200 OK", "closed the connection before an HTTP status");
    assertUnhealthy("HTTP/1.1 200 " + "x".repeat(10_000), "more than 8192 bytes");
    assertUnhealthy("HTTP/1.1 100 \r\n" + "a: b\r\n".repeat(2_000), "more than 8192 bytes");
  }

  /** The server serves its visitors, whatever a strict reader finds in the rest of the answer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 200 OK\r\nA",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nno field\r\n: empty\r\n\r\n"
      })
  void onlyTheStatusLineDecides(String answer) throws Exception {
    try (var server = answering(answer)) {
      check(server.address(), HTTP);
    }
  }

  @Test
  void longHeadOfAHealthyServerIsNotRead() throws Exception {
    try (var server = answering("HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(3_000) + "\r\n")) {
      check(server.address(), HTTP);
    }
  }

  @Test
  void interimAnswerIsNotTheResult() throws Exception {
    String early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    assertUnhealthy(early + "HTTP/1.1 500 Text\r\n\r\n", ": HTTP status 500");
    assertUnhealthy(early, "closed the connection before an HTTP status");
    try (var server = answering(early + "HTTP/1.1 204 Text\r\n\r\n")) {
      check(server.address(), HTTP);
    }
  }

  @Test
  void serverThatDoesNotAnswerIsUnhealthyAfterTheTimeout() throws Exception {
    try (var server =
        new TestServer(connection -> {
          connection.getInputStream().transferTo(OutputStream.nullOutputStream());
        })) {
      assertThatThrownBy(
              () -> check(server.address(), HTTP, Duration.ofMillis(100), Optional.empty()))
          .isInstanceOf(IOException.class)
          .hasMessage(server.address() + ": no answer within 100ms");
    }
  }

  @Test
  void requestNamesPathAndServer() throws Exception {
    var request = new CompletableFuture<String>();
    try (var server =
        new TestServer(connection -> {
          request.complete(head(connection));
          connection.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
        })) {
      check(server.address(), HTTP);
      assertThat(request.get(10, TimeUnit.SECONDS))
          .isEqualTo(
              "GET /health?of=all HTTP/1.1\r\nHost: "
                  + server.address()
                  + "\r\nUser-Agent: culvert-health-check\r\nAccept: */*\r\n"
                  + "Connection: close\r\n\r\n");
    }
  }

  /** A server that expects the header on each connection would reject a check without it. */
  @ParameterizedTest
  @EnumSource
  void proxyHeaderWithoutAnAddressPrecedesTheRequest(ProxyHeader.Version version) throws Exception {
    for (String probe : new String[] {"tcp", HTTP}) {
      var request = new CompletableFuture<String>();
      try (var server =
          new TestServer(connection -> {
            assertThat(ProxyHeader.read(connection.getInputStream())).isEmpty();
            request.complete(head(connection));
            connection.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
          })) {
        check(server.address(), probe, RolePair.LIMIT, Optional.of(version));
        assertThat(request.get(10, TimeUnit.SECONDS))
            .startsWith(probe.equals(HTTP) ? "GET " : "")
            .hasSizeLessThan(probe.equals(HTTP) ? 1000 : 1);
      }
    }
  }

  @Test
  void cancelledCheckEndsAtOnce() throws Exception {
    var asked = new CountDownLatch(1);
    var ended = new CompletableFuture<Throwable>();
    try (var server =
        new TestServer(connection -> {
          head(connection);
          asked.countDown();
          connection.getInputStream().transferTo(OutputStream.nullOutputStream());
        })) {
      Threads.start(
          "check",
          () -> {
            try {
              check(server.address(), HTTP, Duration.ofHours(1), Optional.empty());
              ended.complete(null);
            } catch (IOException e) {
              ended.complete(e);
            }
          });
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      cancellation.cancel();
      assertThat(ended.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }
  }
}
