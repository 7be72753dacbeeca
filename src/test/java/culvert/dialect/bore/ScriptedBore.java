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

/** A bore server that sends the bytes a test specifies. */
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

  /** Accepts the next connection of the client. */
  Peer accept() throws IOException {
    var peer = new Peer(server.accept());
    peers.add(peer);
    return peer;
  }

  /** Accepts a connection that may not arrive; throws an IOException soon if none does. */
  Peer tryAccept() throws IOException {
    server.setSoTimeout(SHORT_MILLIS);
    try {
      return accept();
    } finally {
      server.setSoTimeout((int) RolePair.LIMIT.toMillis());
    }
  }

  /** Accepts the next connection, expects a request for a port and assigns one. */
  Peer control(int asked, int given) throws IOException {
    return accept().expect("{\"Hello\":" + asked + "}").send("{\"Hello\":" + given + "}");
  }

  /** Announces a visitor and accepts the data channel for it. */
  Peer visit(Peer control) throws IOException {
    UUID id = UUID.randomUUID();
    control.send("{\"Connection\":\"" + id + "\"}");
    return accept().expect("{\"Accept\":\"" + id + "\"}");
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Peer peer : peers) {
      peer.socket.close();
    }
  }

  /**
   * A connection of the client.
   *
   * @param socket connected to the client
   */
  record Peer(Socket socket) {

    Peer {
      try {
        socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    /** Sends a text followed by a zero byte. */
    Peer send(String json) throws IOException {
      return write(json + "\0");
    }

    Peer write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    /** Asserts that the next frame is exactly this. */
    Peer expect(String json) throws IOException {
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

    /** Reads this number of bytes as text. */
    String read(int bytes) throws IOException {
      return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
    }

    /** Reads to an orderly end of the stream. */
    String readAll() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    void close() throws IOException {
      socket.close();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
