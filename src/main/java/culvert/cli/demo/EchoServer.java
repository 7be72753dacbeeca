package culvert.cli.demo;

import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.time.Duration;

/** An origin server that returns each byte to its sender. */
final class EchoServer implements AutoCloseable, Listener.Handler<SocketConnection> {

  private final Listener listener;

  private EchoServer() throws IOException {
    listener = Listener.bind(new HostPort("127.0.0.1", 0), "echo", new BufferPool(), this);
  }

  static EchoServer start() throws IOException {
    var server = new EchoServer();
    server.listener.start();
    return server;
  }

  HostPort address() {
    return HostPort.of(listener.address());
  }

  @Override
  public void handle(SocketConnection connection) {
    try (connection) {
      connection.input().transferTo(connection.output());
    } catch (IOException e) {
      connection.reset();
    }
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    // The time limit of the visitor that waits ends the training.
  }

  @Override
  public void close() {
    listener.close();
  }
}
