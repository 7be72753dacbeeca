package culvert.session;

import culvert.net.Connection;
import java.time.Duration;
import java.util.Optional;

/** A stream that was opened and may not be answered yet. */
public interface PendingStream {

  /** The answer. */
  sealed interface Outcome {
    /**
     * The origin server accepted, or the protocol does not report that and the channel is open.
     *
     * @param connection leads to the origin server
     */
    record Accepted(Connection connection) implements Outcome {}

    /**
     * The stream was refused.
     *
     * @param why for people: the address tried and the error
     */
    record Refused(String why) implements Outcome {}

    /** No answer came within the limit, and the stream was reset. */
    record TimedOut() implements Outcome {}

    /** {@link PendingStream#cancel} was called before an answer came, and the stream was reset. */
    record Cancelled() implements Outcome {}
  }

  /**
   * Returns the connection, if a visitor's bytes may be sent before the answer. Without it the
   * caller watches the visitor, and calls {@link #cancel} when it disconnects.
   */
  Optional<Connection> early();

  /** Blocks until the answer; called by the thread that will read from the connection. */
  Outcome await(Duration limit);

  /**
   * Ends the wait, because the visitor has disconnected; has no effect after an answer. Any thread
   * may call it; it does not block. A stream that ignores it waits until its limit.
   */
  default void cancel() {}
}
