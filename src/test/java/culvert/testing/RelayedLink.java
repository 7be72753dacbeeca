package culvert.testing;

import culvert.net.HostPort;
import java.io.Closeable;
import java.io.IOException;

/** A relay that stands in for the network between the halves. */
public interface RelayedLink extends AutoCloseable {

  /** Where it listens. */
  HostPort address();

  @Override
  void close();

  /** Closes what is gone either way. */
  static void closeQuietly(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // So it is.
    }
  }
}
