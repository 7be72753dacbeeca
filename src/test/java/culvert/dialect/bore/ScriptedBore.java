package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.RolePair;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A bore server that says what a test tells it to, in plain bytes. */
final class ScriptedBore implements AutoCloseable {

  private static final int SHORT_MILLIS = 200;

  private final ServerSocket server;
  private final List<Peer> peers = new ArrayList<>();

  ScriptedBore() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server.setSoTimeout((int) RolePair.LIMIT.toMillis());
  }

  HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** The next connection of the client's. */
  Peer accept() throws IOException {
    var peer = new Peer(server.accept());
    peers.add(peer);
    return peer;
  }

  /** The same for a connection that may not come, which is an IOException soon. */
  Peer quickly() throws IOException {
    server.setSoTimeout(SHORT_MILLIS);
    try {
      return accept();
    } finally {
      server.setSoTimeout((int) RolePair.LIMIT.toMillis());
    }
  }

  /** The next connection, which asks for a port and is given one. */
  Peer control(int asked, int given) throws IOException {
    return accept().hears("{\"Hello\":" + asked + "}").says("{\"Hello\":" + given + "}");
  }

  /** A data channel, for which a visitor is announced. */
  Peer visit(Peer control) throws IOException {
    UUID id = UUID.randomUUID();
    control.says("{\"Connection\":\"" + id + "\"}");
    return accept().hears("{\"Accept\":\"" + id + "\"}");
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Peer peer : peers) {
      peer.socket.close();
    }
  }

  /**
   * One connection of the client's.
   *
   * @param socket to it
   */
  record Peer(Socket socket) {

    Peer {
      try {
        socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The text and its zero. */
    Peer says(String json) throws IOException {
      return writes(json + "\0");
    }

    Peer writes(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    /** The next frame is exactly this. */
    Peer hears(String json) throws IOException {
      assertThat(frame()).isEqualTo(json);
      return this;
    }

    private String frame() throws IOException {
      var bytes = new ByteArrayOutputStream();
      for (int b = socket.getInputStream().read(); b > 0; b = socket.getInputStream().read()) {
        bytes.write(b);
      }
      return bytes.toString(StandardCharsets.UTF_8);
    }

    /** So many bytes as text. */
    String reads(int bytes) throws IOException {
      return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
    }

    /** Whatever comes until a clean end. */
    String readsAll() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    void closes() throws IOException {
      socket.close();
    }

    void resets() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
