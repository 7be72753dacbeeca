package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A port of loopback that refuses connections, and that nobody else can be given meanwhile. */
public final class RefusingPort implements AutoCloseable {

  /** Bound, and never listening. */
  private final Socket holder = new Socket();

  /** Takes any free one. */
  public RefusingPort() throws IOException {
    holder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Where nobody listens. */
  public HostPort address() {
    return new HostPort("127.0.0.1", holder.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    holder.close();
  }
}
