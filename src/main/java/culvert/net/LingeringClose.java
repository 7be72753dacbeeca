package culvert.net;

import java.io.IOException;
import java.time.Duration;

/**
 * Keeps a connection readable for a moment after the last words were written: closing it over
 * unread bytes would send a reset, which can overtake those words at the peer.
 */
public final class LingeringClose {

  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final long MAX_BYTES = 1024 * 1024;

  private LingeringClose() {}

  /** Says the last words, which reach the peer as far as it waits for them, and closes. */
  public static void sendAndClose(Connection connection, byte[] words, Deadlines deadlines) {
    try {
      connection.output().write(words);
      connection.closeOutput();
      drainAndClose(connection, deadlines);
    } catch (IOException e) {
      // It did not wait for an answer.
      connection.close();
    }
  }

  /**
   * Reads and drops until the peer closes, a second has passed, or it sent too much; then closes.
   */
  public static void drainAndClose(Connection connection, Deadlines deadlines) {
    var limit = deadlines.after(LIMIT, connection::close);
    try {
      byte[] sink = new byte[8192];
      long dropped = 0;
      int n = 0;
      while (n >= 0 && dropped < MAX_BYTES) {
        dropped += n;
        // Of a wrapped connection that broke nothing can be read, and it is to be dropped anyway.
        n = connection.underlying().input().read(sink);
      }
    } catch (IOException e) {
      // The peer hung up or the limit passed: either is the end we want.
    } finally {
      limit.cancel();
      connection.close();
    }
  }
}
