package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A loopback port that refuses connections and is reserved until closed. */
public final class RefusingPort implements AutoCloseable {

  /** Bound but not listening. */
  private final Socket holder = new Socket();

  /** Reserves a free port. */
  public RefusingPort() throws IOException {
    holder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Returns the address that refuses connections. */
  public HostPort address() {
    return new HostPort("127.0.0.1", holder.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    holder.close();
  }
}
