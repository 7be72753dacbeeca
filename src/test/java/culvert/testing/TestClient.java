package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client of a public address or of a control address. */
public final class TestClient {

  private TestClient() {}

  /** Opens a connection whose reads time out after {@link RolePair#LIMIT}. */
  public static Socket dial(HostPort address) throws IOException {
    var socket = new Socket(address.host(), address.port());
    socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
    return socket;
  }

  /** Opens a connection like {@link #dial(HostPort)} from a loopback address. */
  public static Socket dial(HostPort address, String source) throws IOException {
    var socket = new Socket(address.host(), address.port(), InetAddress.getByName(source), 0);
    socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
    return socket;
  }

  /** Sends {@code text} and checks that the server echoes it. */
  public static void assertEchoes(Socket socket, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    socket.getOutputStream().write(bytes);
    assertThat(socket.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
  }

  /** Checks that a visitor at this address is closed or reset: no session serves it. */
  public static void assertUnserved(HostPort address) throws IOException {
    try (Socket unserved = dial(address)) {
      unserved.getOutputStream().write(1);
      assertThat(unserved.getInputStream().read()).isEqualTo(-1);
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }
}
