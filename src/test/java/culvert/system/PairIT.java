package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import culvert.testing.Tunnel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both roles as processes of the image, with real load. */
@Timeout(300)
class PairIT {

  private static final Map<String, String> SECRET =
      Map.of("CULVERT_SECRET", "from the environment", "CULVERT_LOG_LEVEL", "warn");
  private static final long GIGABYTE = 1L << 30;

  /** The pair of processes, in front of one origin server. */
  private record Pair(Role remote, Role origin, HostPort outside) implements AutoCloseable {

    static Pair to(HostPort server) throws IOException {
      Role remote =
          Role.start(
              SECRET, "remote-proxy", "--control-addr=127.0.0.1:0", "--outside-addr=127.0.0.1:0");
      String control = remote.line().replaceAll(".*control (\\S+), .*", "$1");
      Role origin =
          Role.start(
              SECRET,
              "origin-proxy",
              "--remote-proxy-addr=" + control,
              "--origin-server-addr=" + server);
      String outside = origin.line().replaceAll(".*default=", "");
      return new Pair(remote, origin, HostPort.parse(outside));
    }

    Socket visit() throws IOException {
      var visitor = new Socket(outside.host(), outside.port());
      visitor.setSoTimeout((int) Tunnel.LIMIT.toMillis());
      return visitor;
    }

    @Override
    public void close() {
      origin.close();
      remote.close();
    }
  }

  @Test
  void httpGoesThrough() throws Exception {
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
      URI page = URI.create("http://" + pair.outside() + "/");
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

  /** Random bytes from a seed, so that neither side holds them. */
  private static long send(long seed, OutputStream out) throws IOException {
    var random = new Random(seed);
    var sum = new CRC32C();
    byte[] piece = new byte[1 << 16];
    random.nextBytes(piece);
    for (long sent = 0; sent < GIGABYTE; sent += piece.length) {
      // A few bytes changed at random make every piece another one, at the cost of a copy.
      piece[random.nextInt(piece.length)]++;
      out.write(piece);
      sum.update(piece);
    }
    return sum.getValue();
  }

  private static long receive(InputStream in) throws IOException {
    var sum = new CRC32C();
    byte[] piece = new byte[1 << 16];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      sum.update(piece, 0, n);
    }
    return sum.getValue();
  }

  @Test
  void aGigabyteBothWaysAtOnceArrivesWhole() throws Exception {
    long seed = Seed.random("aGigabyteBothWays").nextLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        var server =
            new TestServer(c -> {
              Future<Long> upload = threads.submit(() -> receive(c.getInputStream()));
              send(seed, c.getOutputStream());
              c.shutdownOutput();
              upload.get();
            });
        var pair = Pair.to(server.address());
        Socket visitor = pair.visit()) {
      Future<Long> download = threads.submit(() -> receive(visitor.getInputStream()));
      long sum = send(seed, visitor.getOutputStream());
      visitor.shutdownOutput();
      assertThat(download.get(200, TimeUnit.SECONDS)).isEqualTo(sum);
    }
  }

  @Test
  void twoThousandVisitorsAtOnce() throws Exception {
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
  void tenThousandVisitorsInSequenceLeaveNothingBehind() throws Exception {
    try (var server = TestServer.echo();
        var pair = Pair.to(server.address())) {
      // The JVM opens a few sockets of its own at first use, and keeps them.
      visitInSequence(pair, 10);
      int remoteBefore = sockets(pair.remote());
      int originBefore = sockets(pair.origin());
      visitInSequence(pair, 1250);
      Eventually.within(
          Tunnel.LIMIT,
          () -> {
            assertThat(sockets(pair.remote())).isLessThanOrEqualTo(remoteBefore);
            assertThat(sockets(pair.origin())).isLessThanOrEqualTo(originBefore);
          });
      assertThat(server.accepted()).isEqualTo(8 * (10 + 1250));
    }
  }

  /** Eight lines of visitors, in each of them one after the other. */
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

  private static int sockets(Role role) throws IOException {
    int sockets = 0;
    try (var files = Files.newDirectoryStream(Path.of("/proc/" + role.process().pid() + "/fd"))) {
      for (Path file : files) {
        sockets += isSocket(file) ? 1 : 0;
      }
    }
    return sockets;
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      // Closed since the listing.
      return false;
    }
  }
}
