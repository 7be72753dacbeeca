package culvert.session;

import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;

/** A wire family, as the remote side sees it: what a fresh control connection turns out to be. */
public interface Dialect {

  /** What a connection has become. */
  sealed interface Accepted {
    /**
     * A new session; the calling thread is to {@link Session#serve} it.
     *
     * @param session not serving yet
     */
    record LoggedIn(Session session) implements Accepted {}

    /** A data channel that a pending open was waiting for; it belongs to that open now. */
    record Claimed() implements Accepted {}
  }

  /**
   * Reads a connection's first messages, in the connection's own thread. The caller holds the
   * deadline for all of it.
   *
   * @throws IOException if the connection is refused, which the peer has been told where its wire
   *     has a way
   */
  Accepted accept(Connection connection) throws IOException;

  /**
   * Waits until every visitor that was announced has the data channel that it waits for, or the
   * limit has passed; not at all where visitors have no such channels.
   */
  default void awaitClaims(Duration limit) {}
}
