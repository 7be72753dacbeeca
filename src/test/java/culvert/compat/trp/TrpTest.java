package culvert.compat.trp;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.LeakCheck;
import culvert.testing.RefusingPort;
import culvert.testing.TestServer;
import culvert.testing.Tunnel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both roles, against each other and against plain sockets that do as the original's programs. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TrpTest {

  private TestServer server;
  private Roles roles;

  @BeforeEach
  void opens() throws IOException {
    server = TestServer.echo();
    roles = new Roles();
  }

  @AfterEach
  void closes() throws IOException {
    roles.close();
    server.close();
  }

  private static void assertEchoes(Socket visitor, String text) throws IOException {
    visitor.getOutputStream().write(text.getBytes());
    assertThat(visitor.getInputStream().readNBytes(text.length())).asString().isEqualTo(text);
  }

  /** The control connection and then the visitor of an origin proxy of the original's. */
  private static BufferedReader reader(Socket control) throws IOException {
    return new BufferedReader(new InputStreamReader(control.getInputStream()));
  }

  private static String text(Socket visitor) {
    return "127.0.0.1:" + visitor.getLocalPort();
  }

  @Test
  void thePairServesVisitorsAndEachDirectionEndsByItself() throws Exception {
    roles.remote(Tunnel.LIMIT).origin(roles.remote().controlAddress(), server.address());
    roles.awaitLog(1, "service offered");
    for (int i = 0; i < 50; i++) {
      try (Socket visitor = Roles.connect(roles.outside())) {
        assertEchoes(visitor, "visitor " + i);
        visitor.shutdownOutput();
        assertThat(visitor.getInputStream().read()).isNegative();
      }
    }
    roles.awaitLog(100, "relay ended", "reason=done");
  }

  @Test
  void eachVisitorIsALineAndHasTheNextDataConnection() throws Exception {
    roles.remote(Tunnel.LIMIT);
    HostPort address = roles.remote().controlAddress();
    try (Socket control = Roles.connect(address)) {
      roles.awaitLog(1, "service offered");
      try (Socket visitor = Roles.connect(roles.outside())) {
        assertThat(reader(control).readLine()).isEqualTo(text(visitor));
        visitor.getOutputStream().write("early".getBytes());
        try (Socket data = Roles.connect(address)) {
          assertThat(data.getInputStream().readNBytes(5)).asString().isEqualTo("early");
          data.getOutputStream().write("answer".getBytes());
          data.shutdownOutput();
          assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("answer");
        }
      }
    }
  }

  @Test
  void aConnectionThatNobodyWaitsForIsNoDataConnection() throws Exception {
    roles.remote(Tunnel.LIMIT);
    HostPort address = roles.remote().controlAddress();
    try (Socket control = Roles.connect(address)) {
      roles.awaitLog(1, "service offered");
      try (Socket stray = Roles.connect(address)) {
        assertThat(stray.getInputStream().read()).isNegative();
      }
      try (Socket visitor = Roles.connect(roles.outside())) {
        assertThat(reader(control).readLine()).isEqualTo(text(visitor));
        try (Socket data = Roles.connect(address)) {
          data.getOutputStream().write('x');
          assertThat(visitor.getInputStream().read()).isEqualTo('x');
        }
      }
    }
  }

  @Test
  void aDataConnectionThatDoesNotComeHoldsUpNobodyElse() throws Exception {
    roles.remote(Duration.ofMillis(500));
    HostPort address = roles.remote().controlAddress();
    try (Socket control = Roles.connect(address)) {
      roles.awaitLog(1, "service offered");
      BufferedReader lines = reader(control);
      try (Socket unlucky = Roles.connect(roles.outside())) {
        assertThat(lines.readLine()).isEqualTo(text(unlucky));
        roles.awaitLog(1, "visitor reset", "open-timeout");
      }
      try (Socket visitor = Roles.connect(roles.outside())) {
        assertThat(lines.readLine()).isEqualTo(text(visitor));
        try (Socket data = Roles.connect(address)) {
          data.getOutputStream().write('x');
          assertThat(visitor.getInputStream().read()).isEqualTo('x');
        }
      }
    }
  }

  @Test
  void anOriginProxyThatIsGoneMakesRoomForTheNext() throws Exception {
    roles.remote(Tunnel.LIMIT);
    HostPort address = roles.remote().controlAddress();
    for (int i = 1; i <= 3; i++) {
      try (Socket control = Roles.connect(address)) {
        roles.awaitLog(i, "service offered");
        try (Socket visitor = Roles.connect(roles.outside())) {
          assertThat(reader(control).readLine()).isEqualTo(text(visitor));
        }
      }
      roles.awaitLog(i, "session ended");
    }
  }

  /** Such as a scanner's: the original would take it for an origin proxy for ever. */
  @Test
  void whoeverSpeaksOnTheControlConnectionIsNone() throws Exception {
    roles.remote(Tunnel.LIMIT);
    try (Socket scanner = Roles.connect(roles.remote().controlAddress())) {
      scanner.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
      roles.awaitLog(1, "bytes on a control connection, which has none");
    }
  }

  @Test
  void anyLineBringsADataConnectionAndALostRemoteProxyIsJoinedAgain() throws Exception {
    try (var remote = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      roles.origin(new HostPort("127.0.0.1", remote.getLocalPort()), server.address());
      for (int i = 0; i < 3; i++) {
        try (Socket control = remote.accept()) {
          control.getOutputStream().write("whoever\n[::1]:39354\n".getBytes());
          for (int j = 0; j < 2; j++) {
            try (Socket data = remote.accept()) {
              assertEchoes(data, "through");
            }
          }
          control.getOutputStream().write("half a li".getBytes());
        }
      }
      roles.awaitLog(1, "session lost", "the remote proxy closed the connection");
    }
  }

  /** The original's remote proxy would wait for ever. */
  @Test
  void theDataConnectionComesAlsoWhereTheOriginServerRefuses() throws Exception {
    try (var remote = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
        var refusing = new RefusingPort()) {
      roles.origin(new HostPort("127.0.0.1", remote.getLocalPort()), refusing.address());
      try (Socket control = remote.accept()) {
        control.getOutputStream().write("1.2.3.4:5\n".getBytes());
        try (Socket data = remote.accept()) {
          assertThat(data.getInputStream().read()).isNegative();
        }
      }
      roles.awaitLog(1, "origin server not reached", "1.2.3.4:5");
    }
  }
}
