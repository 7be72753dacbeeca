package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.BoreProgram;
import culvert.testing.Eventually;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The image at one end of bore's protocol and the original bore, if installed, at the other. */
@Timeout(120)
class BoreProgramIT {

  private static final int CONTROL_PORT = 7835;
  private static final int VISITORS = 500;
  private static final long GIGABYTE = 1L << 30;
  private static final String SECRET = "abc";

  /** The assignment of the two programs to the two ends. */
  private enum Setup {
    OUR_SERVER(false),
    OUR_SERVER_WITH_SECRET(true),
    OUR_CLIENT(false),
    OUR_CLIENT_WITH_SECRET(true);

    private final String[] options;

    Setup(boolean secret) {
      options = secret ? new String[] {"--secret", SECRET} : new String[0];
    }

    /** Starts a tunnel to an origin server. */
    Ends to(HostPort origin) throws Exception {
      return this == OUR_SERVER || this == OUR_SERVER_WITH_SECRET
          ? atOurServer(origin, options)
          : atItsServer(origin, options);
    }
  }

  private static Ends atOurServer(HostPort origin, String... options) throws Exception {
    BoreProcesses.Server server = ourServer(options);
    RoleProcess client = itsClient(server, origin, options);
    return ends(server::close, client);
  }

  private static Ends atItsServer(HostPort origin, String... options) throws Exception {
    var server = BoreProgram.server(options);
    RoleProcess client =
        BoreProcesses.local(new HostPort(server.address(), CONTROL_PORT), origin, options);
    return ends(server::close, client);
  }

  private static Ends ends(Runnable server, RoleProcess client) throws IOException {
    try {
      return new Ends(server, client, BoreProcesses.listening(client));
    } catch (IOException e) {
      client.close();
      server.run();
      throw e;
    }
  }

  /**
   * A running tunnel.
   *
   * @param server stops the server
   * @param outside the public address
   */
  private record Ends(Runnable server, RoleProcess client, HostPort outside)
      implements AutoCloseable {
    @Override
    public void close() {
      client.close();
      server.run();
    }
  }

  /** Starts our server at its own loopback address: the bore client uses a fixed control port. */
  private static BoreProcesses.Server ourServer(String... options) throws IOException {
    BoreProgram.program();
    var random = ThreadLocalRandom.current();
    String host = "127.%d.%d.8".formatted(random.nextInt(64, 250), random.nextInt(250));
    return BoreProcesses.serverAt(new HostPort(host, CONTROL_PORT), options);
  }

  private static RoleProcess itsClient(
      BoreProcesses.Server server, HostPort origin, String... options) throws IOException {
    var arguments =
        new ArrayList<>(List.of(BoreProgram.program().toString(), "local", "" + origin.port()));
    arguments.addAll(List.of("--local-host", origin.host(), "--to", server.control().host()));
    arguments.addAll(List.of(options));
    return RoleProcess.start(Map.of("NO_COLOR", "1"), arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @EnumSource
  void clientFetchesPage(Setup setup) throws Exception {
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] page = "a page".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
    web.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    web.start();
    try (Ends ends = setup.to(HostPort.of(web.getAddress()));
        HttpClient client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create("http://" + ends.outside() + "/")).build();
      var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo(page);
    } finally {
      web.stop(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"OUR_SERVER_WITH_SECRET", "OUR_CLIENT"})
  void gigabyteInEachDirectionArrives(Setup setup) throws Exception {
    transferGigabyteInEachDirection(setup);
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"OUR_SERVER_WITH_SECRET", "OUR_CLIENT"})
  void gigabyteInEachDirectionArrivesInTheRemainingCases(Setup setup) throws Exception {
    transferGigabyteInEachDirection(setup);
  }

  private static void transferGigabyteInEachDirection(Setup setup) throws Exception {
    long seed = Seed.random("gigabyteInEachDirection").nextLong();
    try (var server =
            new TestServer(connection -> {
              var upload = started(() -> RandomBytes.receive(connection.getInputStream()));
              long sum = new RandomBytes(seed).send(connection.getOutputStream(), GIGABYTE).sum();
              if (upload.get() == sum) {
                connection.shutdownOutput();
              } else {
                connection.setSoLinger(true, 0);
              }
            });
        Ends ends = setup.to(server.address());
        Socket visitor = TestClient.dial(ends.outside())) {
      var download = started(() -> RandomBytes.receive(visitor.getInputStream()));
      long sum = new RandomBytes(seed).send(visitor.getOutputStream(), GIGABYTE).sum();
      visitor.shutdownOutput();
      assertThat(download.get(100, TimeUnit.SECONDS)).isEqualTo(sum);
    }
  }

  private static <T> FutureTask<T> started(Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start("bulk", task);
    return task;
  }

  @ParameterizedTest
  @EnumSource
  void fiveHundredConcurrentVisitorsAreServed(Setup setup) throws Exception {
    List<Socket> visitors = new ArrayList<>();
    try (var server = TestServer.echo();
        Ends ends = setup.to(server.address())) {
      for (int i = 0; i < VISITORS; i++) {
        visitors.add(TestClient.dial(ends.outside()));
      }
      Eventually.within(RolePair.LIMIT, () -> assertThat(server.accepted()).isEqualTo(VISITORS));
      for (int i = 0; i < VISITORS; i++) {
        visitors.get(i).getOutputStream().write(i & 0x7f);
      }
      for (int i = 0; i < VISITORS; i++) {
        assertThat(visitors.get(i).getInputStream().read()).isEqualTo(i & 0x7f);
      }
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  @Test
  void nextClientGetsThePortOfAKilledClient() throws Exception {
    try (var origin = TestServer.echo();
        BoreProcesses.Server server = ourServer();
        RoleProcess first = itsClient(server, origin.address())) {
      HostPort outside = BoreProcesses.listening(first);
      first.kill();
      server.role().err().await("service withdrawn", "bore:" + outside.port());
      try (RoleProcess second =
          itsClient(server, origin.address(), "--port", "" + outside.port())) {
        assertThat(BoreProcesses.listening(second)).isEqualTo(outside);
        try (Socket visitor = TestClient.dial(outside)) {
          visitor.getOutputStream().write('?');
          assertThat(visitor.getInputStream().read()).isEqualTo('?');
        }
      }
    }
  }

  /** Compares options and environment variables. */
  @ParameterizedTest
  @ValueSource(strings = {"local", "server"})
  void helpListsEveryOptionOfBore(String command) throws Exception {
    RoleProcess.Ended its = RoleProcess.run(BoreProgram.program().toString(), command, "--help");
    RoleProcess.Ended ours = RoleProcess.run("culvert", "bore", command, "--help");
    List<String> names =
        Pattern.compile("(?<![\\w-])-{1,2}[a-z][a-z-]*|BORE_[A-Z_]+|<[A-Z_]*PORT>")
            .matcher(its.out())
            .results()
            .map(found -> found.group().replaceAll("[<>]", ""))
            .distinct()
            .toList();
    assertThat(names).contains("--help", "--secret", "BORE_SECRET");
    assertThat(ours.out()).contains(names);
  }
}
