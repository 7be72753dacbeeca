package culvert.compat.trp;

import culvert.net.Connection;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.time.Duration;

/** The wire has no sign of life: the system asks for one, which it does while all is quiet. */
final class KeepAlive {

  private static final Duration IDLE = Duration.ofSeconds(3);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int COUNT = 3;

  private KeepAlive() {}

  static void on(Connection control) throws IOException {
    if (control.lowest() instanceof SocketConnection socket) {
      socket.keepAlive(IDLE, INTERVAL, COUNT);
    }
  }
}
