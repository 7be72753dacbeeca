package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.RemoteEndpoints;
import culvert.config.BoreSecret;
import culvert.config.PortRange;
import culvert.net.HostPort;
import culvert.remote.RemoteProxy;
import culvert.testing.BoreProgram;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.SeveredLink;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The original bore client, if installed, against this server. */
@ExtendWith(LeakCheck.class)
@Timeout(180)
class RealBoreClientTest {

  /** The client supports no other port. */
  private static final int CONTROL_PORT = 7835;

  private static final Pattern LISTENING = Pattern.compile("listening at \\S+:(\\d+)");

  /** Starts a server on a loopback address of its own. */
  private static BoreServer server(String... secrets) throws IOException {
    return new BoreServer(
        ownAddress(), PortRange.parse("127.0.0.1:20000-29999"), RolePair.LIMIT, secrets);
  }

  private static HostPort ownAddress() {
    BoreProgram.program();
    var random = ThreadLocalRandom.current();
    String host = "127.%d.%d.9".formatted(random.nextInt(64, 250), random.nextInt(250));
    return new HostPort(host, CONTROL_PORT);
  }

  /** The original client in a process of its own. */
  private static final class Client implements AutoCloseable {
    private final Process process;
    private final Path output = Files.createTempFile("bore", ".log");

    Client(BoreServer server, int local, String... more) throws IOException {
      this(server.remote().boreAddress().host(), local, more);
    }

    Client(String server, int local, String... more) throws IOException {
      var command = new ArrayList<String>();
      command.add(BoreProgram.program().toString());
      command.addAll(List.of("local", "" + local, "--local-host", "127.0.0.1"));
      command.addAll(List.of("--to", server));
      command.addAll(List.of(more));
      var builder = new ProcessBuilder(BoreProgram.inUtf8(command)).redirectErrorStream(true);
      builder.environment().put("NO_COLOR", "1");
      process = builder.redirectOutput(output.toFile()).start();
    }

    String output() throws IOException {
      return Files.readString(output);
    }

    /** Returns the port to which its visitors connect. */
    int port() throws Exception {
      var port = new int[1];
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            Matcher line = LISTENING.matcher(output());
            assertThat(line.find()).as(output()).isTrue();
            port[0] = Integer.parseInt(line.group(1));
          });
      return port[0];
    }

    int exit() throws InterruptedException {
      assertThat(process.waitFor(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    void kill() {
      process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() throws IOException {
      kill();
      Files.delete(output);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "", "abc", "sécret ✓"})
  void clientServesWithAndWithoutSecret(String secret) throws Exception {
    boolean without = secret.equals("none");
    try (var origin = TestServer.echo();
        BoreServer server = without ? server() : server(secret);
        var client =
            without
                ? new Client(server, origin.address().port())
                : new Client(server, origin.address().port(), "--secret", secret);
        Socket visitor = server.visit(client.port())) {
      visitor.getOutputStream().write("round trip".getBytes(StandardCharsets.UTF_8));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("round trip");
    }
  }

  /** Where native origin proxies are served too, a client with a secret is greeted if it waits. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "abc"})
  void clientServesAtTheControlAddressOfOriginProxies(String secret) throws Exception {
    boolean without = secret.equals("none");
    var options = new RolePair.Options();
    options =
        without
            ? options.boreAtControl(BoreServer.PORTS)
            : options.boreAtControl(BoreServer.PORTS, BoreSecret.of(secret));
    var settings = options.remoteSettings(Optional.of(ownAddress()), "127.0.0.1:0");
    try (var server = TestServer.echo();
        var log = new TestLog();
        RemoteProxy remote = RemoteEndpoints.start(settings, log.log());
        var client =
            without
                ? new Client(remote.controlAddress().host(), server.address().port())
                : new Client(
                    remote.controlAddress().host(), server.address().port(), "--secret", secret);
        Socket visitor = TestClient.dial(new HostPort("127.0.0.1", client.port()))) {
      TestClient.assertEchoes(visitor, "hello");
    }
  }

  @Test
  void hundredMegabytesAreEchoedIntact() throws Exception {
    long bytes = 100L << 20;
    try (var origin = TestServer.echo();
        BoreServer server = server("abc");
        var client = new Client(server, origin.address().port(), "--secret", "abc");
        Socket visitor = server.visit(client.port());
        var sender = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Long> sent =
          sender.submit(() -> {
            long sum = new RandomBytes(1).send(visitor.getOutputStream(), bytes).sum();
            visitor.shutdownOutput();
            return sum;
          });
      assertThat(RandomBytes.receive(visitor.getInputStream())).isEqualTo(sent.get());
    }
  }

  @Test
  void twoHundredConcurrentVisitorsAreServed() throws Exception {
    try (var origin = TestServer.echo();
        BoreServer server = server();
        var client = new Client(server, origin.address().port());
        var visitors = Executors.newVirtualThreadPerTaskExecutor()) {
      int port = client.port();
      var all = new ArrayList<Callable<String>>();
      for (int i = 0; i < 200; i++) {
        String mine = "visitor " + i;
        all.add(() -> echoed(server, port, mine) ? "" : mine);
      }
      for (Future<String> one : visitors.invokeAll(all)) {
        assertThat(one.get()).isEmpty();
      }
    }
  }

  private static boolean echoed(BoreServer server, int port, String text) throws IOException {
    try (Socket visitor = server.visit(port)) {
      visitor.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      visitor.shutdownOutput();
      InputStream in = visitor.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).equals(text);
    }
  }

  @Test
  void portOfKilledClientIsAvailable() throws Exception {
    try (var origin = TestServer.echo();
        BoreServer server = server();
        var first = new Client(server, origin.address().port())) {
      int port = first.port();
      first.kill();
      server.awaitLog("service withdrawn", "bore:" + port);
      try (var second = new Client(server, origin.address().port(), "--port", "" + port)) {
        assertThat(second.port()).isEqualTo(port);
        assertThat(echoed(server, port, "again")).isTrue();
      }
    }
  }

  /** Simulates a loss of power: nothing sent to the client is acknowledged any more. */
  @Test
  void unreachableClientReleasesItsPort() throws Exception {
    try (var origin = TestServer.echo();
        var server = new BoreServer();
        var link = new SeveredLink(ownAddress(), server.remote().boreAddress());
        var client = new Client(link.address().host(), origin.address().port())) {
      int port = client.port();
      assertThat(echoed(server, port, "round trip")).isTrue();
      link.sever();
      server.awaitLog(Duration.ofSeconds(15), "service withdrawn", "bore:" + port);
      server.join(port).close();
    }
  }

  @Test
  void clientUnderstandsRejections() throws Exception {
    try (BoreServer server = server("abc");
        var wrong = new Client(server, 1, "--secret", "abd");
        var without = new Client(server, 1);
        var outside = new Client(server, 1, "--secret", "abc", "--port", "1")) {
      assertThat(wrong.exit()).isEqualTo(1);
      assertThat(wrong.output()).contains("Error: server error: invalid secret");
      assertThat(without.exit()).isEqualTo(1);
      assertThat(without.output()).contains("no client secret was provided");
      assertThat(outside.exit()).isEqualTo(1);
      assertThat(outside.output())
          .contains("Error: server error: client port number not in allowed range");
    }
  }

  @Test
  void liveClientKeepsItsPort() throws Exception {
    try (var origin = TestServer.echo();
        BoreServer server = server();
        var holder = new Client(server, origin.address().port());
        var newcomer = new Client(server, origin.address().port(), "--port", "" + holder.port())) {
      assertThat(newcomer.exit()).isEqualTo(1);
      assertThat(newcomer.output()).contains("Error: server error: port already in use");
      assertThat(echoed(server, holder.port(), "still")).isTrue();
    }
  }

  /** The protocol cannot report it: the client only closes the channel it has opened. */
  @Test
  void visitorOfUnreachableOriginServerIsEnded() throws Exception {
    int closed;
    try (var nobody = new ServerSocket(0)) {
      closed = nobody.getLocalPort();
    }
    try (BoreServer server = server();
        var client = new Client(server, closed);
        Socket visitor = server.visit(client.port())) {
      assertThat(visitor.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void drainEndsTheClientCleanly() throws Exception {
    try (BoreServer server = server();
        var client = new Client(server, 1)) {
      client.port();
      server.remote().drain(RolePair.LIMIT);
      assertThat(client.exit()).isZero();
    }
  }
}
