package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ClientSettings;
import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both roles with a client that requests a port, and whose rules change. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientPortTest {

  private static final String HEADER = "PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n";

  private final String secret = Secret.generate();
  private final RolePair.Options options =
      new RolePair.Options()
          .asClient("vienna", secret)
          .retryingWithin(Duration.ofMillis(50))
          .proxyHeaderFromLoopback();

  private TestServer server;
  private ReservedPorts ports;
  private HostPort port;
  private RunningRoles roles;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    ports = new ReservedPorts();
    port = ports.next();
    options
        .outsidePort(PortRange.parse("127.0.0.1:" + port.port() + "-" + port.port()), port.port())
        .clients(vienna(List.of(), List.of(new PortInterval(port.port(), port.port()))));
    roles = new RunningRoles(options);
    roles.join("web=" + server.address());
  }

  @AfterEach
  void close() throws Exception {
    roles.close();
    ports.close();
    server.close();
  }

  private ClientSettings vienna(List<String> services, List<PortInterval> permitted) {
    return new ClientSettings("vienna", Secret.of(secret), services, permitted);
  }

  private void permit(PortInterval... permitted) {
    options.clients(vienna(List.of("web"), List.of(permitted)));
    roles.reloadRemote();
  }

  private void permit() {
    permit(new PortInterval(port.port(), port.port()));
  }

  private Socket visit() throws IOException {
    Socket visitor = TestClient.dial(port);
    visitor.getOutputStream().write(HEADER.getBytes(StandardCharsets.US_ASCII));
    return visitor;
  }

  private void awaitEcho() throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          try (Socket visitor = visit()) {
            assertEchoes(visitor, "hello");
          }
        });
  }

  private long visitors() {
    return roles.remote().counters().get(Counter.VISITORS);
  }

  @Test
  void revokedPortIsClosedAndComesBackAndItsVisitorsStay() throws Exception {
    try (Socket visitor = visit()) {
      assertEchoes(visitor, "before");
      permit(new PortInterval(1, 1));
      roles.awaitLog("service revoked", "service=web", "may not request port " + port.port());
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThatThrownBy(() -> TestClient.dial(port).close())
                  .isInstanceOf(IOException.class));
      assertEchoes(visitor, "connected before");
      permit();
      awaitEcho();
      assertEchoes(visitor, "after");
    }
    assertThat(roles.remote().counters().get(Counter.SESSIONS)).isEqualTo(1);
  }

  /** A visitor was accepted, and its stream is opened after its header. */
  @Test
  void visitorWhoseHeaderFollowsTheRevocationGetsNoStream() throws Exception {
    long before = visitors();
    try (Socket visitor = TestClient.dial(port)) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(visitors()).isEqualTo(before + 1));
      permit(new PortInterval(1, 1));
      roles.awaitLog("service revoked", "service=web");
      assertThatThrownBy(
              () -> {
                visitor.getOutputStream().write(HEADER.getBytes(StandardCharsets.US_ASCII));
                visitor.getInputStream().read();
              })
          .hasMessageMatching("Connection reset.*|Broken pipe");
    }
    roles.awaitLog("visitor", "no origin proxy serves the port any more");
    assertThat(server.accepted()).isZero();
  }
}
