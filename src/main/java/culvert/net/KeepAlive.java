package culvert.net;

import java.io.IOException;
import java.time.Duration;

/**
 * How the system finds out that a silent peer is dead, for wires that have no room to ask it. It
 * asks while all that was sent is acknowledged.
 */
public enum KeepAlive {
  /** Found 6 seconds after the last byte. */
  FAST(Duration.ofSeconds(3), Duration.ofSeconds(1)),

  /** 19 seconds after. */
  NORMAL(Duration.ofSeconds(10), Duration.ofSeconds(3)),

  /** More than a minute after: for connections of which there are many, and which may be idle. */
  SLOW(Duration.ofMinutes(1), Duration.ofSeconds(3));

  private static final int COUNT = 3;

  private final Duration idle;
  private final Duration interval;

  KeepAlive(Duration idle, Duration interval) {
    this.idle = idle;
    this.interval = interval;
  }

  /** From now on, if there is a socket below. */
  public void applyTo(Connection connection) throws IOException {
    if (connection.underlying() instanceof SocketConnection socket) {
      socket.keepAlive(idle, interval, COUNT);
    }
  }
}
