package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both roles as processes of the image, under load. */
@Timeout(300)
class PairIT {

  private static final long GIGABYTE = 1L << 30;

  /** Both processes for one origin server. */
  private record Pair(RemoteProcess remote, RoleProcess origin) implements AutoCloseable {

    static Pair to(HostPort server) throws IOException {
      RemoteProcess remote = Launcher.USUAL.remote("--log-level=warn");
      var pair = new Pair(remote, remote.origin(server, "--log-level=warn"));
      pair.awaitServing();
      return pair;
    }

    private void awaitServing() throws IOException {
      try {
        origin.line();
      } catch (IOException e) {
        close();
        throw e;
      }
    }

    Socket visit() throws IOException {
      return remote.visit();
    }

    @Override
    public void close() {
      origin.close();
      remote.close();
    }
  }

  @Test
  void httpRequestIsAnswered() throws Exception {
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    web.start();
    try (var pair = Pair.to(HostPort.of(web.getAddress()));
        HttpClient client = HttpClient.newHttpClient()) {
      URI page = URI.create("http://" + pair.remote().outside() + "/");
      for (int size : new int[] {1, 1000, 1_000_000}) {
        byte[] body = new byte[size];
        var request =
            HttpRequest.newBuilder(page).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
        var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
      }
    } finally {
      web.stop(0);
    }
  }

  @Test
  void gigabyteInBothDirectionsAtOnceArrives() throws Exception {
    long seed = Seed.random("gigabyteInBothDirections").nextLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        var server =
            new TestServer(c -> {
              Future<Long> upload = threads.submit(() -> RandomBytes.receive(c.getInputStream()));
              new RandomBytes(seed).send(c.getOutputStream(), GIGABYTE);
              c.shutdownOutput();
              upload.get();
            });
        var pair = Pair.to(server.address());
        Socket visitor = pair.visit()) {
      Future<Long> download = threads.submit(() -> RandomBytes.receive(visitor.getInputStream()));
      long sum = new RandomBytes(seed).send(visitor.getOutputStream(), GIGABYTE).sum();
      visitor.shutdownOutput();
      assertThat(download.get(200, TimeUnit.SECONDS)).isEqualTo(sum);
    }
  }

  /** The origin server takes a clean end without a byte for a client that wanted nothing. */
  @Test
  void originServerSeesResetIfOriginProxyIsKilledRightAfterConnect() throws Exception {
    for (int i = 0; i < 3; i++) {
      var origin = new CompletableFuture<RoleProcess>();
      var seen = new CompletableFuture<String>();
      try (var server =
              new TestServer(c -> {
                origin.get().process().destroyForcibly();
                seen.complete(end(c));
              });
          var pair = Pair.to(server.address());
          Socket visitor = pair.visit()) {
        origin.complete(pair.origin());
        assertThat(visitor.isConnected()).isTrue();
        assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo("Connection reset");
      }
    }
  }

  private static String end(Socket connection) {
    try {
      return "read " + connection.getInputStream().read();
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  @Test
  void twoThousandConcurrentVisitorsAreServed() throws Exception {
    try (var server = TestServer.echo();
        var pair = Pair.to(server.address())) {
      List<Socket> visitors = new ArrayList<>();
      try {
        for (int i = 0; i < 2000; i++) {
          visitors.add(pair.visit());
        }
        for (Socket visitor : visitors) {
          visitor.getOutputStream().write(visitors.indexOf(visitor) & 0x7f);
        }
        for (Socket visitor : visitors) {
          assertThat(visitor.getInputStream().read()).isEqualTo(visitors.indexOf(visitor) & 0x7f);
        }
      } finally {
        for (Socket visitor : visitors) {
          visitor.close();
        }
      }
    }
  }

  @Test
  void tenThousandSequentialVisitorsLeakNothing() throws Exception {
    try (var server = TestServer.echo();
        var pair = Pair.to(server.address())) {
      // The JVM opens a few sockets at first use and keeps them.
      visitInSequence(pair, 10);
      int remoteBefore = pair.remote().role().settledFootprint().sockets();
      int originBefore = pair.origin().settledFootprint().sockets();
      visitInSequence(pair, 1250);
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            assertThat(pair.remote().role().footprint().sockets())
                .isLessThanOrEqualTo(remoteBefore);
            assertThat(pair.origin().footprint().sockets()).isLessThanOrEqualTo(originBefore);
          });
      assertThat(server.accepted()).isEqualTo(8 * (10 + 1250));
    }
  }

  /** Runs eight concurrent sequences of visitors. */
  private static void visitInSequence(Pair pair, int times) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> lines = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Callable<Void> line =
            () -> {
              for (int j = 0; j < times; j++) {
                visit(pair);
              }
              return null;
            };
        lines.add(threads.submit(line));
      }
      for (Future<Void> line : lines) {
        line.get(200, TimeUnit.SECONDS);
      }
    }
  }

  private static void visit(Pair pair) throws IOException {
    try (Socket visitor = pair.visit()) {
      visitor.getOutputStream().write('x');
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).containsExactly('x');
    }
  }
}
