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

/** An origin server on a free loopback port that runs the test's code for each connection. */
public final class TestServer implements AutoCloseable {

  /** Code that serves a connection; the server closes the connection afterwards. */
  @FunctionalInterface
  public interface Service {
    /** Serves one connection; called in a separate thread for each connection. */
    void serve(Socket connection) throws Exception;
  }

  private static final int BACKLOG = 4096;

  private final ServerSocket server;
  private final Service service;
  private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();
  private final AtomicInteger accepted = new AtomicInteger();

  /** Starts a server. */
  public TestServer(Service service) throws IOException {
    this(InetAddress.getLoopbackAddress(), service);
  }

  private TestServer(InetAddress address, Service service) throws IOException {
    this.server = new ServerSocket(0, BACKLOG, address);
    this.service = service;
    Threads.start("origin server", this::accept);
  }

  /** Starts a server that echoes all bytes and half-closes when the client does. */
  public static TestServer echo() throws IOException {
    return new TestServer(TestServer::sendBack);
  }

  /**
   * Starts an {@link #echo} server on IPv4 and IPv6, for clients that try any address of a name.
   */
  public static TestServer echoOnEveryAddress() throws IOException {
    return new TestServer(null, TestServer::sendBack);
  }

  private static void sendBack(Socket connection) throws IOException {
    connection.getInputStream().transferTo(connection.getOutputStream());
    connection.shutdownOutput();
  }

  /** Starts a server that answers a first byte 'b' with endless bulk and echoes other input. */
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

  /** Returns the address at which the server listens. */
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** Returns the number of connections accepted so far. */
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
      // The server was closed.
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      service.serve(connection);
    } catch (Exception e) {
      // Clients may disconnect at any time.
    } finally {
      connections.remove(connection);
    }
  }

  /** Closes all connections and interrupts services that wait for another event. */
  @Override
  public void close() throws IOException {
    server.close();
    for (Socket connection : connections.keySet()) {
      connection.close();
    }
    connections.values().forEach(Thread::interrupt);
  }
}
