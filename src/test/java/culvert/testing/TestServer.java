package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An origin server on a free port of loopback, with the test's code for each connection. */
public final class TestServer implements AutoCloseable {

  /** What the server does with a connection; it is closed afterwards. */
  @FunctionalInterface
  public interface Service {
    /** Serves one connection in a thread of its own. */
    void serve(Socket connection) throws Exception;
  }

  private static final int BACKLOG = 4096;

  private final ServerSocket server;
  private final Service service;
  private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();
  private final AtomicInteger accepted = new AtomicInteger();

  /** A server that runs at once. */
  public TestServer(Service service) throws IOException {
    this(InetAddress.getLoopbackAddress(), service);
  }

  private TestServer(InetAddress address, Service service) throws IOException {
    this.server = new ServerSocket(0, BACKLOG, address);
    this.service = service;
    Threads.start("origin server", this::accept);
  }

  /** A server that sends everything back and half-closes when the client does. */
  public static TestServer echo() throws IOException {
    return new TestServer(TestServer::sendBack);
  }

  /** The same at IPv4 and IPv6, for clients that take any address a name has. */
  public static TestServer echoOnEveryAddress() throws IOException {
    return new TestServer(null, TestServer::sendBack);
  }

  private static void sendBack(Socket connection) throws IOException {
    connection.getInputStream().transferTo(connection.getOutputStream());
    connection.shutdownOutput();
  }

  /** A server that answers a first byte 'b' by bulk without end, and echoes anything else. */
  public static TestServer bulkOrEcho() throws IOException {
    return new TestServer(connection -> {
      int first = connection.getInputStream().read();
      byte[] bulk = new byte[64 * 1024];
      while (first == 'b') {
        connection.getOutputStream().write(bulk);
      }
      connection.getOutputStream().write(first);
      connection.getInputStream().transferTo(connection.getOutputStream());
    });
  }

  /** Where it listens. */
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** How many connections came so far. */
  public int accepted() {
    return accepted.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = server.accept();
        accepted.incrementAndGet();
        Thread thread = Threads.factory("origin connection").newThread(() -> serve(connection));
        connections.put(connection, thread);
        thread.start();
      }
    } catch (IOException e) {
      // Closed: the server's end.
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      service.serve(connection);
    } catch (Exception e) {
      // A client that goes away is this server's everyday life.
    } finally {
      connections.remove(connection);
    }
  }

  /** Closes all connections; an interrupt ends a service that waits for something else. */
  @Override
  public void close() throws IOException {
    server.close();
    for (Socket connection : connections.keySet()) {
      connection.close();
    }
    connections.values().forEach(Thread::interrupt);
  }
}
