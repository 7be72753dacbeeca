package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.origin.OriginProxy;
import culvert.testing.BoreProgram;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.RefusingPort;
import culvert.testing.Seed;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client's side of bore's wire at the real bore's server. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class RealBoreServerTest {

  private static final int CONTROL_PORT = 7835;
  private static final long BYTES = 100L << 20;

  private static BoreProgram server(String secret) throws Exception {
    return secret == null ? BoreProgram.server() : BoreProgram.server("--secret", secret);
  }

  private static Client client(BoreProgram server, TestServer local, Client.Options options) {
    return new Client(new HostPort(server.address(), CONTROL_PORT), local.address(), options);
  }

  /** As the first of bore's own tests: the service checks, answers, and closes. */
  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "abc", "sécret ✓"})
  void aVisitorHearsTheAnswerAndTheEnd(String secret) throws Exception {
    TestServer.Service service =
        connection -> {
          byte[] request = connection.getInputStream().readNBytes(11);
          connection.getOutputStream().write(("answer to " + new String(request)).getBytes());
        };
    try (var server = server(secret);
        var local = new TestServer(service);
        var client = client(server, local, new Client.Options().secret(secret));
        var visitor = TestClient.dial(client.announced())) {
      visitor.getOutputStream().write("hello world".getBytes());
      assertThat(visitor.getInputStream().readAllBytes()).asString().contains("to hello world");
    }
  }

  @Test
  void aVisitorThatHalfClosesHearsTheAnswer() throws Exception {
    TestServer.Service service =
        connection -> {
          int length = connection.getInputStream().readAllBytes().length;
          connection.getOutputStream().write(("heard " + length).getBytes());
        };
    try (var server = server(null);
        var local = new TestServer(service);
        var client = client(server, local, new Client.Options());
        var visitor = TestClient.dial(client.announced())) {
      visitor.getOutputStream().write(new byte[23]);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("heard 23");
    }
  }

  @Test
  void aVisitorOfALocalPortThatRefusesSeesTheEnd() throws Exception {
    try (var server = server(null);
        var refusing = new RefusingPort();
        var client =
            new Client(
                new HostPort(server.address(), CONTROL_PORT),
                refusing.address(),
                new Client.Options());
        var visitor = TestClient.dial(client.announced())) {
      assertThat(visitor.getInputStream().read()).isNegative();
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void aHundredMegabytesEachWayKeepTheirChecksum(String secret) throws Exception {
    try (var server = server(secret);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(secret));
        var visitor = TestClient.dial(client.announced())) {
      var bulk = new RandomBytes(Seed.random("aHundredMegabytes").nextLong());
      var received = new CompletableFuture<Long>();
      InputStream in = visitor.getInputStream();
      Thread.ofVirtual()
          .start(() -> {
            try {
              received.complete(RandomBytes.receive(in));
            } catch (IOException e) {
              received.completeExceptionally(e);
            }
          });
      bulk.send(visitor.getOutputStream(), BYTES);
      visitor.shutdownOutput();
      assertThat(received.get(110, TimeUnit.SECONDS)).isEqualTo(bulk.sum());
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void twoHundredVisitorsAtOnce(String secret) throws Exception {
    try (var server = server(secret);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(secret))) {
      ManyVisitors.visits(client.announced(), TestClient::assertEchoes);
    }
  }

  @Test
  void aServerThatDiesAndIsBackGivesTheSamePort() throws Exception {
    try (var server = server("abc");
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret("abc"))) {
      HostPort address = client.announced();
      server.kill();
      client.awaitLog("session lost");
      server.start();
      assertThat(client.announced()).isEqualTo(address);
      try (var visitor = TestClient.dial(address)) {
        TestClient.assertEchoes(visitor, "here again");
      }
    }
  }

  @Test
  void aPortThatAnotherHasIsDeclined() throws Exception {
    try (var server = server(null);
        var local = TestServer.echo();
        var holder = client(server, local, new Client.Options())) {
      int port = holder.announced().port();
      try (var late = client(server, local, new Client.Options().port(port))) {
        assertThat(late.end()).isEqualTo(OriginProxy.End.DECLINED);
        late.awaitLog("port already in use");
      }
    }
  }

  @Test
  void aPortOutOfTheRangeIsDeclined() throws Exception {
    try (var server = BoreProgram.server("--min-port", "20000", "--max-port", "30000");
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().port(19999))) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.DECLINED);
      client.awaitLog("client port number not in allowed range");
    }
  }

  /** An empty secret is one. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {"abc, none", "none, abc", "'', none", "none, ''", "'', abc", "abc, abd"})
  void secretsThatDifferAreTheEnd(String ofServer, String ofClient) throws Exception {
    try (var server = server(ofServer);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(ofClient))) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    }
  }
}
