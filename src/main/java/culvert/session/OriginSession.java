package culvert.session;

import culvert.net.HostPort;
import culvert.protocol.DeclinedReason;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A session as the origin proxy sees it. */
public interface OriginSession {

  /**
   * Receives the session's events. All are called by the thread of {@link #serve}, except that
   * {@link #unsupported} may be called by the thread of {@link OriginSession#offer}.
   */
  interface Listener {
    /** An offered service is served at these public addresses. */
    void served(String service, List<HostPort> addresses);

    /**
     * An offered service cannot be served, because the remote proxy's version or protocol does not
     * support it; the other services of the session are served.
     */
    void unsupported(String service, String why);

    /**
     * An offered service is not served. The listener closes the session, or offers the others again
     * with {@link OriginSession#offer}.
     *
     * @param together the services that were declined with it, because all were offered together
     */
    void declined(Offer offer, List<OfferedService> together, DeclinedReason reason, String why);

    /**
     * A service is not served any more, because the remote proxy does not permit it to the client
     * of this session. The service may have been withdrawn at the same time.
     */
    void revoked(String service, String why);

    /** The remote proxy permits a service that it has declined or revoked: it can be offered. */
    void permitted(String service);

    /**
     * The other origin proxies that share a service have changed.
     *
     * @param others how many others serve it
     * @param names names of some of them
     */
    void shared(String service, int others, List<String> names);

    /** The remote proxy is stopping: open streams may finish, and no new visitors follow. */
    void draining();
  }

  /**
   * Offers the services and runs the session in the calling thread. Returns normally only after
   * {@link #close}.
   *
   * @param streams handles the visitors' streams
   * @param flows handles the visitors' flows
   * @throws SessionEndedException if the remote proxy ended it cleanly without giving a reason
   * @throws IOException with the reason, if it ended otherwise
   */
  void serve(
      List<OfferedService> services,
      Listener listener,
      IncomingStream.Handler streams,
      FlowAcceptor flows)
      throws IOException;

  /**
   * Offers another service by itself. Called by any thread while the session serves; does not
   * block. The listener receives the answer.
   *
   * @throws UnsupportedOperationException if the protocol's sessions have one service; its dialect
   *     rejects other services in {@link OriginDialect#with}
   */
  default void offer(OfferedService service) {
    throw new UnsupportedOperationException("a session of this protocol has one service");
  }

  /**
   * Returns whether messages of the session wait to be written. Their number is limited, and a link
   * may be blocked for longer than the caller pauses. Called as {@link #offer}.
   */
  default boolean hasUnsentMessages() {
    return false;
  }

  /**
   * Withdraws a service: the remote proxy sends no more visitors of it, and those that are
   * connected stay. Called as {@link #offer}.
   *
   * @throws UnsupportedOperationException as {@link #offer}
   */
  default void withdraw(String service) {
    throw new UnsupportedOperationException("a session of this protocol has one service");
  }

  /** Returns whether {@link #reportHealth} has an effect. */
  default boolean canReportHealth() {
    return false;
  }

  /**
   * Reports whether the origin server of a service is healthy, after the service is served; it is
   * assumed to be healthy at first. Called as {@link #offer}.
   */
  default void reportHealth(String service, boolean isHealthy) {}

  /**
   * Returns the random id of the remote proxy's process, if the protocol has one. Two addresses
   * with the same id lead to the same remote proxy.
   */
  default Optional<String> remoteInstance() {
    return Optional.empty();
  }

  /**
   * Notifies the remote proxy that this side is stopping. The remote proxy sends no new visitors
   * and ends the session after the last one. Does not block.
   */
  void drain();

  /** Ends the session from this side. Does not block. */
  void close();
}
