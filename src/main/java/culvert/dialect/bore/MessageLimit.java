package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The time for one of the messages that a connection begins with. */
final class MessageLimit {

  static final Duration LIMIT = Duration.ofSeconds(3);

  /** Text of bore's server. */
  static final String TEXT = "timed out waiting for initial message";

  private final Deadlines.Deadline deadline;
  private volatile boolean hasPassed;

  /**
   * Starts the time, at the end of which the connection is closed.
   *
   * @param onTimeout runs before that; must not block
   */
  MessageLimit(Deadlines deadlines, Connection connection, Runnable onTimeout) {
    deadline =
        deadlines.after(
            LIMIT,
            () -> {
              hasPassed = true;
              onTimeout.run();
              connection.close();
            });
  }

  /** Blocks until a message arrives, which ends the time. */
  Optional<ClientMessage> read(JsonFrames frames) throws IOException {
    try {
      return frames.readClientMessage();
    } catch (IOException e) {
      throw cause(e);
    } finally {
      end();
    }
  }

  /** Returns why a read has failed. */
  IOException cause(IOException failure) {
    return hasPassed ? new ProtocolException(TEXT) : failure;
  }

  /** Ends the time; the connection stays open. */
  void end() {
    deadline.cancel();
  }
}
