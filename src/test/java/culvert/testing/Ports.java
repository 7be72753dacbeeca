package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Ports for servers that a test stops and starts again. */
public final class Ports {

  private static final Queue<Socket> HOLDERS = new ConcurrentLinkedQueue<>();

  private Ports() {}

  /**
   * Returns a port of 127.0.0.1 that no process gets that asks the system for any free port, until
   * this JVM ends. A server can bind to it; while none listens, connections are refused.
   */
  public static HostPort reserve() throws IOException {
    // Bound to all addresses, and never listening: then Linux lets a server bind to it too.
    var holder = new Socket();
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(0));
    HOLDERS.add(holder);
    return new HostPort("127.0.0.1", holder.getLocalPort());
  }
}
