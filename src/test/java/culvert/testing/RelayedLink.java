package culvert.testing;

import culvert.net.HostPort;
import java.io.Closeable;
import java.io.IOException;

/** A relay that simulates the network between the proxies. */
public interface RelayedLink extends AutoCloseable {

  /** Returns the address at which the relay listens. */
  HostPort address();

  @Override
  void close();

  /** Closes {@code socket} and ignores a failure. */
  static void closeQuietly(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The socket is unusable in either case.
    }
  }
}
