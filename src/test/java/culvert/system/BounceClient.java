package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client of the bounce server or of its console. */
record BounceClient(Socket socket) implements AutoCloseable {

  static BounceClient dial(HostPort address) throws IOException {
    Socket socket = TestClient.dial(address);
    return new BounceClient(socket);
  }

  BounceClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  BounceClient receive(String text) throws IOException {
    byte[] bytes = socket.getInputStream().readNBytes(text.length());
    assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).isEqualTo(text);
    return this;
  }

  /** Reads up to the end of this text, and skips what precedes it. */
  BounceClient receiveThrough(String text) throws IOException {
    var received = new StringBuilder();
    while (!received.toString().endsWith(text)) {
      int next = socket.getInputStream().read();
      assertThat(next).as("after " + received).isNotNegative();
      received.append((char) next);
    }
    return this;
  }

  /** Reads until the server closes. */
  String receiveAll() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
