package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.origin.OriginProxy;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client and the server of this project against each other. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BorePairTest {

  private TestServer local;

  @BeforeEach
  void setUp() throws IOException {
    local = TestServer.echo();
  }

  @AfterEach
  void tearDown() throws IOException {
    local.close();
  }

  private static BoreServer server(String secret) throws IOException {
    return secret == null ? new BoreServer() : new BoreServer(secret);
  }

  private Client client(HostPort server, Client.Options options) {
    return new Client(server, local.address(), options);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "sécret ✓"})
  void twoHundredConcurrentVisitorsEndEachDirectionIndependently(String secret) throws Exception {
    try (var server = server(secret);
        var client = client(server.remote().boreAddress(), new Client.Options().secret(secret))) {
      ManyVisitors.visitAll(
          client.announced(),
          (visitor, text) -> {
            visitor.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            visitor.shutdownOutput();
            assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo(text);
          });
    }
  }

  /** Messages that open a data channel do not count as bytes of the visitor. */
  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void bothSidesReportOnlyBytesOfTheVisitor(String secret) throws Exception {
    try (var server = server(secret);
        var client = client(server.remote().boreAddress(), new Client.Options().secret(secret))) {
      try (var visitor = TestClient.dial(client.announced())) {
        TestClient.assertEchoes(visitor, "12345");
        visitor.shutdownOutput();
        assertThat(visitor.getInputStream().read()).isNegative();
      }
      server.awaitLog("relay ended", "in=5 ", "out=5 ");
      client.awaitLog("relay ended", "in=5 ", "out=5 ");
    }
  }

  @Test
  void newClientGetsPortOfEndedClientImmediately() throws Exception {
    try (var server = server(null)) {
      HostPort control = server.remote().boreAddress();
      int port;
      try (var first = client(control, new Client.Options())) {
        port = first.announced().port();
      }
      try (var second = client(control, new Client.Options().port(port))) {
        assertThat(second.announced().port()).isEqualTo(port);
      }
    }
  }

  @Test
  void restartedServerAssignsSamePort() throws Exception {
    var server = server("abc");
    HostPort control = server.remote().boreAddress();
    try (var client = client(control, new Client.Options().secret("abc"))) {
      HostPort address = client.announced();
      server.close();
      server = new BoreServer(control, BoreServer.PORTS, RolePair.LIMIT, "abc");
      assertThat(client.announced()).isEqualTo(address);
      try (var visitor = TestClient.dial(address)) {
        TestClient.assertEchoes(visitor, "here again");
      }
    } finally {
      server.close();
    }
  }

  @Test
  void portOfLiveClientIsDeclined() throws Exception {
    try (var server = server(null);
        var holder = client(server.remote().boreAddress(), new Client.Options())) {
      int port = holder.announced().port();
      try (var second = client(server.remote().boreAddress(), new Client.Options().port(port))) {
        assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
        second.awaitLog("server error: port already in use");
      }
      try (var visitor = TestClient.dial(new HostPort("127.0.0.1", port))) {
        TestClient.assertEchoes(visitor, "mine");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {"abc, none", "none, abc", "'', none", "none, ''", "'', abc", "abc, abd"})
  void differentSecretsEndTheRole(String ofServer, String ofClient) throws Exception {
    try (var server = server(ofServer);
        var client = client(server.remote().boreAddress(), new Client.Options().secret(ofClient))) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    }
  }

  /** The server of bore would end the stream in order instead. */
  @Test
  void resetByOriginServerReachesVisitorAsReset() throws Exception {
    TestServer.Service cutting =
        connection -> {
          connection.getOutputStream().write(connection.getInputStream().read());
          connection.setSoLinger(true, 0);
        };
    try (var server = server(null);
        var cut = new TestServer(cutting);
        var client =
            new Client(server.remote().boreAddress(), cut.address(), new Client.Options());
        var visitor = TestClient.dial(client.announced())) {
      visitor.getOutputStream().write('x');
      assertThatThrownBy(() -> visitor.getInputStream().readAllBytes())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("reset");
    }
  }
}
