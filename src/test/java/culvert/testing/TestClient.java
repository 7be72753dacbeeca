package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Whoever connects: a visitor, or somebody at a control port. */
public final class TestClient {

  private TestClient() {}

  /** A connection that waits for {@link RolePair#LIMIT} at the most. */
  public static Socket dial(HostPort address) throws IOException {
    var socket = new Socket(address.host(), address.port());
    socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
    return socket;
  }

  /** What it says comes back from the other end. */
  public static void assertEchoes(Socket socket, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    socket.getOutputStream().write(bytes);
    assertThat(socket.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
  }
}
