package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The address for bore's clients changes while a client is connected. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreReloadTest {

  private final ReservedPorts ports = new ReservedPorts();
  private TestServer local;
  private BoreServer server;
  private HostPort before;
  private Client client;
  private HostPort visited;

  @BeforeEach
  void start() throws Exception {
    local = TestServer.echo();
    server = new BoreServer(ports.next());
    before = server.remote().boreAddress();
    client = new Client(before, local.address(), new Client.Options());
    visited = client.announced();
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    server.close();
    local.close();
    ports.close();
  }

  private void assertServed() throws IOException {
    try (Socket visitor = TestClient.dial(visited)) {
      TestClient.assertEchoes(visitor, "hello");
    }
  }

  /** Every later visitor was reset: the client opens data channels at the address of its login. */
  @Test
  void clientServesNewVisitorsAfterTheAddressHasMoved() throws Exception {
    HostPort next = ports.next();
    server.moveTo(next);
    assertThat(server.remote().boreAddress()).isEqualTo(next);
    server.awaitLog("listener kept for data channels", "address=" + before);
    assertServed();
    assertServed();
    try (var late = new BoreMessages(TestClient.dial(before))) {
      late.send("{\"Hello\":0}");
      assertThat(late.receive()).contains("another address");
    }
    assertServed();
    try (var joined = server.join(0)) {
      assertThat(joined.port()).isNotEqualTo(visited.port());
    }
  }

  /** Its sessions were forgotten by the listener that replaced the one of their login. */
  @Test
  void clientServesNewVisitorsAfterTheAddressHasReturnedAndMovedAgain() throws Exception {
    server.moveTo(ports.next());
    server.moveTo(before);
    assertThat(server.remote().boreAddress()).isEqualTo(before);
    assertServed();
    try (var other = server.join(0)) {
      HostPort last = ports.next();
      server.moveTo(last);
      assertThat(server.remote().boreAddress()).isEqualTo(last);
      assertServed();
      client.close();
      assertThat(other.port()).isPositive();
      try (var late = new BoreMessages(TestClient.dial(before))) {
        late.send("{\"Hello\":0}");
        assertThat(late.receive()).contains("another address");
      }
    }
    server.awaitLog("listener closed", "address=" + before);
    assertThatThrownBy(() -> TestClient.dial(before).close()).isInstanceOf(IOException.class);
  }

  @Test
  void addressIsFreeAfterTheLastClientHasLeft() throws Exception {
    server.moveTo(ports.next());
    client.close();
    server.awaitLog("listener closed", "address=" + before);
    assertThatThrownBy(() -> TestClient.dial(before).close()).isInstanceOf(IOException.class);
  }

  @Test
  void drainEndsAlsoAtTheAddressThatHasMoved() throws Exception {
    server.moveTo(ports.next());
    server.remote().drain(Duration.ofSeconds(5));
    assertThatThrownBy(() -> TestClient.dial(before).close()).isInstanceOf(IOException.class);
  }
}
