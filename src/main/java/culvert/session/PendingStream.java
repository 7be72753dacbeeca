package culvert.session;

import culvert.net.Connection;
import java.time.Duration;
import java.util.Optional;

/** A stream that has begun: accepted, refused, or still under way. */
public interface PendingStream {

  /** What became of it. */
  sealed interface Outcome {
    /**
     * The origin server accepted, or the dialect cannot tell and the channel is there.
     *
     * @param connection leads to the origin server
     */
    record Accepted(Connection connection) implements Outcome {}

    /**
     * It will not be.
     *
     * @param why for people: the address tried and what it said
     */
    record Refused(String why) implements Outcome {}

    /** No answer within the limit. The stream is given up. */
    record TimedOut() implements Outcome {}
  }

  /** The connection, if a visitor's bytes may go before there is an answer. */
  Optional<Connection> early();

  /** Waits for the answer, in the thread that will read from the connection. */
  Outcome await(Duration limit);
}
