package culvert.net;

import java.io.IOException;
import java.time.Duration;

/**
 * For connections whose wire has no sign of life: the system asks for one, which it does while all
 * that was sent is acknowledged. A peer that vanished is found 6 seconds after the last byte.
 */
public final class KeepAlive {

  private static final Duration IDLE = Duration.ofSeconds(3);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int COUNT = 3;

  private KeepAlive() {}

  /** From now on, if there is a socket below. */
  public static void on(Connection connection) throws IOException {
    if (connection.lowest() instanceof SocketConnection socket) {
      socket.keepAlive(IDLE, INTERVAL, COUNT);
    }
  }
}
