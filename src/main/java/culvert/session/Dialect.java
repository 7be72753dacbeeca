package culvert.session;

import culvert.config.RemoteSettings;
import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A protocol, as the remote proxy sees it: how a new control connection becomes a session. */
public interface Dialect {

  /** The result of accepting a connection. */
  sealed interface Accepted {
    /**
     * A new session, which the calling thread must {@link Session#serve}.
     *
     * @param session does not serve yet
     */
    record LoggedIn(Session session) implements Accepted {}

    /**
     * A data channel for a {@link PendingStream} that waits for it.
     *
     * @param delivery passes the channel to the stream. The calling thread runs it once it does not
     *     close the connection for a limit of its own any more: the visitor's stream would then end
     *     as if it were complete.
     */
    record Claimed(Delivery delivery) implements Accepted {}
  }

  /** Passes a data channel to a {@link PendingStream}. */
  @FunctionalInterface
  interface Delivery {
    /**
     * Passes the channel on. The stream owns it from then on.
     *
     * @throws IOException if no stream waits for the channel any more; the caller closes it
     */
    void deliver() throws IOException;
  }

  /** A message with which this side begins a connection whose peer waits for it. */
  interface Greeting extends AutoCloseable {
    /**
     * Returns how long the peer must have sent nothing before the message is sent; called once.
     *
     * @param load the part of the places for unauthenticated connections that is in use, 0 to 1:
     *     near 1, a connection soon loses its place to newer ones
     */
    Duration silence(double load);

    /**
     * Sends the message. Runs in any thread; does not block on a connection on which nothing was
     * sent before.
     *
     * @throws IOException if the connection broke or was closed
     */
    void send() throws IOException;

    /** Reads the first messages after the greeting, as {@link Dialect#accept} does. */
    Accepted accept(Connection connection, Runnable onVerified) throws IOException;

    /**
     * Returns why the peer's first byte could not be read, which may be that it came too late after
     * the message.
     */
    IOException cause(IOException failure);

    /**
     * Ends the use of the greeting: the first messages were read, the peer is of another protocol,
     * or the connection has ended.
     */
    @Override
    void close();
  }

  /**
   * Returns whether a connection is of this protocol, for an address with several protocols. The
   * protocol whose peers are not recognised is the first one there.
   *
   * @param first its first bytes, one or more
   */
  default Recognition recognise(byte[] first) {
    return Recognition.NO;
  }

  /**
   * Returns the greeting for a new connection, for an address with several protocols; empty if the
   * peers of this protocol begin. Alone at its address, {@link #accept} sends it at once.
   */
  default Optional<Greeting> greeting(Connection connection) {
    return Optional.empty();
  }

  /**
   * Returns how long a peer of this protocol may send nothing at the start of a connection to an
   * address with several protocols, if none of them has a greeting; empty for no limit.
   */
  default Optional<Duration> maxSilence() {
    return Optional.empty();
  }

  /**
   * Reads a connection's first messages, in the connection's own thread. The caller sets a
   * deadline.
   *
   * @param onVerified runs as soon as the peer has proven that it knows a secret or a key, possibly
   *     before the login is complete and more than once; does not block
   * @throws IOException if the connection is refused; where the protocol has a message for that, it
   *     has been sent to the peer
   */
  Accepted accept(Connection connection, Runnable onVerified) throws IOException;

  /**
   * Waits until every announced visitor has its data channel or the limit has passed. Returns at
   * once for a protocol without data channels.
   */
  default void awaitClaims(Duration limit) {}

  /**
   * Ends the sessions of a protocol that the endpoint of their logins does not serve any more, if
   * their peers connect to it for each visitor. Visitors with a data channel may finish within the
   * limit. Later logins are refused until other settings are applied. Does not block.
   */
  default void endSessions(Duration limit) {}

  /**
   * Prepares the use of other settings.
   *
   * @return the action that applies them to connections accepted from then on; sessions keep theirs
   * @throws IllegalArgumentException if a file cannot be used, or the protocol does not permit the
   *     change of services; nothing has changed then
   */
  default Runnable prepareReload(RemoteSettings changed) {
    return () -> {};
  }
}
