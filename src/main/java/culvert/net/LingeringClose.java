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

  /** Sends a last message and closes; the peer receives it unless it has closed before. */
  public static void sendAndClose(Connection connection, byte[] message, Deadlines deadlines) {
    try {
      connection.output().write(message);
      connection.closeOutput();
      drainAndClose(connection, deadlines);
    } catch (IOException e) {
      // The peer has closed already.
      connection.close();
    }
  }

  /**
   * Reads and discards until the peer closes, a second passes, or the peer has sent 1 MiB; then
   * closes.
   */
  public static void drainAndClose(Connection connection, Deadlines deadlines) {
    var limit = deadlines.after(LIMIT, connection::close);
    try {
      byte[] sink = new byte[SINK_BYTES];
      long dropped = 0;
      int n = 0;
      while (n >= 0 && dropped < MAX_BYTES) {
        dropped += n;
        // Reads below the transports: a broken transport returns nothing more.
        n = connection.underlying().input().read(sink);
      }
    } catch (IOException e) {
      // The peer closed or the limit passed; both end the wait.
    } finally {
      limit.cancel();
      connection.close();
    }
  }
}
