package culvert.testing;

import culvert.net.Threads;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** An origin server at a Unix socket that runs the test's code for each connection. */
public final class UnixServer implements AutoCloseable {

  /** Code that serves a connection; the server closes the connection afterwards. */
  @FunctionalInterface
  public interface Service {
    /** Serves one connection; called in a separate thread for each connection. */
    void serve(SocketChannel connection) throws IOException;
  }

  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
  private final Path path;
  private final Service service;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

  /** Starts a server at this path. */
  public UnixServer(Path path, Service service) throws IOException {
    this.path = path;
    this.service = service;
    server.bind(UnixDomainSocketAddress.of(path));
    Threads.start("origin server", this::accept);
  }

  /** Starts a server that echoes all bytes and half-closes when the client does. */
  public static UnixServer echo(Path path) throws IOException {
    return new UnixServer(path, UnixServer::sendBack);
  }

  private static void sendBack(SocketChannel connection) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    while (connection.read(buffer.clear()) >= 0) {
      write(connection, buffer.flip());
    }
    connection.shutdownOutput();
  }

  /** Writes all bytes. */
  public static void write(SocketChannel connection, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      connection.write(bytes);
    }
  }

  /** Returns the address of the server, as an option has it. */
  public String address() {
    return "unix:" + path;
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        connections.add(connection);
        Threads.start("origin connection", () -> serve(connection));
      }
    } catch (IOException e) {
      // The server was closed.
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      service.serve(connection);
    } catch (IOException e) {
      // Clients may disconnect at any time.
    } finally {
      connections.remove(connection);
    }
  }

  /** Closes all connections and removes the socket. */
  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel connection : connections) {
      connection.close();
    }
    Files.deleteIfExists(path);
  }
}
