package culvert.net;

import java.io.IOException;
import java.time.Duration;

/**
 * TCP keep-alive settings, by which a connection to a peer that vanished ends although nothing is
 * sent on it. The operating system probes the peer only while all sent data is acknowledged.
 */
public enum KeepAlive {
  /** Detects a dead peer 6 seconds after its last byte. */
  FAST(Duration.ofSeconds(3), Duration.ofSeconds(1)),

  /** Detects a dead peer 19 seconds after its last byte. */
  NORMAL(Duration.ofSeconds(10), Duration.ofSeconds(3)),

  /**
   * Detects a dead peer more than a minute after its last byte. Every {@link SocketConnection} has
   * this setting at first, so that visitors and servers that vanished do not hold their places for
   * the system's two hours.
   */
  SLOW(Duration.ofMinutes(1), Duration.ofSeconds(3));

  private static final int COUNT = 3;

  private final Duration idle;
  private final Duration interval;

  KeepAlive(Duration idle, Duration interval) {
    this.idle = idle;
    this.interval = interval;
  }

  /** Applies the setting to the socket below the connection, if there is one. */
  public void applyTo(Connection connection) throws IOException {
    if (connection.underlying() instanceof SocketConnection socket) {
      socket.keepAlive(idle, interval, COUNT);
    }
  }
}
