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

/** The client side of the bore protocol against the original bore server. */
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

  /** As the first of bore's own tests: the service checks the request, answers and closes. */
  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "abc", "sécret ✓"})
  void visitorReceivesAnswerAndEndOfStream(String secret) throws Exception {
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
  void visitorThatHalfClosesReceivesAnswer() throws Exception {
    TestServer.Service service =
        connection -> {
          int length = connection.getInputStream().readAllBytes().length;
          connection.getOutputStream().write(("received " + length).getBytes());
        };
    try (var server = server(null);
        var local = new TestServer(service);
        var client = client(server, local, new Client.Options());
        var visitor = TestClient.dial(client.announced())) {
      visitor.getOutputStream().write(new byte[23]);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("received 23");
    }
  }

  @Test
  void visitorOfRefusingOriginServerReadsEndOfStream() throws Exception {
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
  void hundredMegabytesEachWayKeepTheirChecksum(String secret) throws Exception {
    try (var server = server(secret);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(secret));
        var visitor = TestClient.dial(client.announced())) {
      var bulk = new RandomBytes(Seed.random("hundredMegabytesEachWay").nextLong());
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
  void twoHundredConcurrentVisitorsAreServed(String secret) throws Exception {
    try (var server = server(secret);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(secret))) {
      ManyVisitors.visitAll(client.announced(), TestClient::assertEchoes);
    }
  }

  @Test
  void restartedServerAssignsSamePort() throws Exception {
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
  void portOfAnotherClientIsDeclined() throws Exception {
    try (var server = server(null);
        var local = TestServer.echo();
        var holder = client(server, local, new Client.Options())) {
      int port = holder.announced().port();
      try (var second = client(server, local, new Client.Options().port(port))) {
        assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
        second.awaitLog("port already in use");
      }
    }
  }

  @Test
  void portOutsideTheRangeIsDeclined() throws Exception {
    try (var server = BoreProgram.server("--min-port", "20000", "--max-port", "30000");
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().port(19999))) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.DECLINED);
      client.awaitLog("client port number not in allowed range");
    }
  }

  /** An empty secret is a secret too. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {"abc, none", "none, abc", "'', none", "none, ''", "'', abc", "abc, abd"})
  void differentSecretsEndTheRole(String ofServer, String ofClient) throws Exception {
    try (var server = server(ofServer);
        var local = TestServer.echo();
        var client = client(server, local, new Client.Options().secret(ofClient))) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    }
  }
}
