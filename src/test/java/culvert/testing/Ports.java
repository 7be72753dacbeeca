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
   * Reserves a port of 127.0.0.1 until this JVM ends: the system does not assign it to a process
   * that requests any free port. A server can bind to it; while none listens, connections are
   * refused.
   */
  public static HostPort reserve() throws IOException {
    // Bound to all addresses but not listening: Linux lets a server bind to the port too.
    var holder = new Socket();
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(0));
    HOLDERS.add(holder);
    return new HostPort("127.0.0.1", holder.getLocalPort());
  }
}
