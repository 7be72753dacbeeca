package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Reserved ports of 127.0.0.1: the system does not assign them to a process that requests any free
 * port. A server can bind to them; while none listens, connections are refused.
 */
public final class ReservedPorts implements AutoCloseable {

  private final Queue<Socket> holders = new ConcurrentLinkedQueue<>();

  /** Reserves another port. */
  public HostPort next() throws IOException {
    // Bound to all addresses but not listening: Linux lets a server bind to the port too.
    var holder = new Socket();
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(0));
    holders.add(holder);
    return new HostPort("127.0.0.1", holder.getLocalPort());
  }

  /** Ends the reservations. */
  @Override
  public void close() {
    try {
      for (Socket holder : holders) {
        holder.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
