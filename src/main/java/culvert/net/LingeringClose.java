package culvert.net;

import java.io.IOException;
import java.time.Duration;

/**
 * Closes a connection after a last message. The connection stays readable for a short time, because
 * closing it with unread bytes sends a reset, which can reach the peer before the message.
 */
public final class LingeringClose {

  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final long MAX_BYTES = 1024 * 1024;

  /** Small, because thousands of rejected connections may be read at once. */
  private static final int SINK_BYTES = 1024;

  private LingeringClose() {}

  /**
   * Sends a last message and closes; the peer receives it unless it has closed before. A peer that
   * does not read is closed after a second, also if another thread is blocked in a write to it.
   */
  public static void sendAndClose(Connection connection, byte[] message, Deadlines deadlines) {
    close(
        connection,
        deadlines,
        () -> {
          connection.output().write(message);
          connection.closeOutput();
          drain(connection);
        });
  }

  /**
   * Reads and discards until the peer closes, a second passes, or the peer has sent 1 MiB; then
   * closes.
   */
  public static void drainAndClose(Connection connection, Deadlines deadlines) {
    close(connection, deadlines, () -> drain(connection));
  }

  private interface LastSteps {
    void run() throws IOException;
  }

  /** Limits the time of all steps together: each of them can block. */
  private static void close(Connection connection, Deadlines deadlines, LastSteps steps) {
    var limit = deadlines.after(LIMIT, connection::close);
    try {
      steps.run();
    } catch (IOException e) {
      // The peer has closed or the limit has passed; both end the steps.
    } finally {
      limit.cancel();
      connection.close();
    }
  }

  private static void drain(Connection connection) throws IOException {
    byte[] sink = new byte[SINK_BYTES];
    long dropped = 0;
    int n = 0;
    while (n >= 0 && dropped < MAX_BYTES) {
      dropped += n;
      // Reads below the transports: a broken transport returns nothing more.
      n = connection.underlying().input().read(sink);
    }
  }
}
