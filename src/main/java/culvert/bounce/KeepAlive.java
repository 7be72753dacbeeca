package culvert.bounce;

import culvert.net.SocketConnection;
import java.io.IOException;
import java.time.Duration;

/** How the system finds out that a silent peer is dead: the wires here have no room to ask it. */
final class KeepAlive {

  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofSeconds(3);
  private static final int COUNT = 3;

  private KeepAlive() {}

  /** From now on the system asks. */
  static void on(SocketConnection connection) throws IOException {
    connection.keepAlive(IDLE, INTERVAL, COUNT);
  }
}
