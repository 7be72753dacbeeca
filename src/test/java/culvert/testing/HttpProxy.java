package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An HTTP proxy that accepts CONNECT to any address. */
public final class HttpProxy implements AutoCloseable {

  private static final String END_OF_HEAD = "\r\n\r\n";

  private final Queue<String> targets = new ConcurrentLinkedQueue<>();
  private final TestServer server = new TestServer(this::serve);

  /** Starts a proxy on a free port. */
  public HttpProxy() throws IOException {}

  /** Returns the address at which the proxy listens. */
  public HostPort address() {
    return server.address();
  }

  /** Returns the addresses that clients have requested so far. */
  public Queue<String> targets() {
    return targets;
  }

  private void serve(Socket client) throws Exception {
    HostPort target = HostPort.parse(readHead(client.getInputStream()).split(" ")[1]);
    targets.add(target.toString());
    try (Socket to = new Socket(target.host(), target.port())) {
      client.getOutputStream().write(("HTTP/1.1 200 OK" + END_OF_HEAD).getBytes());
      Thread up = Threads.start("proxy of the test", () -> copy(client, to));
      copy(to, client);
      up.join();
    }
  }

  private static String readHead(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (!head.toString().endsWith(END_OF_HEAD)) {
      head.append(new String(in.readNBytes(1), StandardCharsets.US_ASCII));
    }
    return head.toString();
  }

  private static void copy(Socket from, Socket to) {
    try {
      OutputStream out = to.getOutputStream();
      from.getInputStream().transferTo(out);
      to.shutdownOutput();
    } catch (IOException e) {
      // One of them was closed or reset: the other ends too.
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
