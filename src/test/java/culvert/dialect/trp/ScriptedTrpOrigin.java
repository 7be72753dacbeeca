package culvert.dialect.trp;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;

/** Plain sockets that behave like an origin proxy of the original program. */
final class ScriptedTrpOrigin implements AutoCloseable {

  private final HostPort remote;
  private final Socket control;
  private final BufferedReader lines;

  /** Connects to a remote proxy's control address, without waiting for the offer. */
  ScriptedTrpOrigin(HostPort remote) throws IOException {
    this.remote = remote;
    control = TestClient.dial(remote);
    lines = new BufferedReader(new InputStreamReader(control.getInputStream()));
  }

  /** Starts a remote proxy's only origin proxy and waits until its service is offered. */
  static ScriptedTrpOrigin connect(Roles roles) throws Exception {
    var origin = new ScriptedTrpOrigin(roles.remote().controlAddress());
    roles.awaitLog(1, "service offered");
    return origin;
  }

  Socket control() {
    return control;
  }

  BufferedReader lines() {
    return lines;
  }

  /** Reads the next announcement and checks that it names this visitor. */
  void assertAnnounces(Socket visitor) throws IOException {
    assertThat(lines.readLine()).isEqualTo("127.0.0.1:" + visitor.getLocalPort());
  }

  /** Opens a data connection. */
  Socket openData() throws IOException {
    return TestClient.dial(remote);
  }

  /** Opens a data connection from a loopback address. */
  Socket openData(String source) throws IOException {
    return TestClient.dial(remote, source);
  }

  /** Opens a data connection and checks that its bytes reach this visitor. */
  void assertServes(Socket visitor) throws IOException {
    try (Socket data = openData()) {
      data.getOutputStream().write('x');
      assertThat(visitor.getInputStream().read()).isEqualTo('x');
    }
  }

  @Override
  public void close() throws IOException {
    control.close();
  }
}
