package culvert.session;

import culvert.protocol.DeclinedReason;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The services of a remote proxy, as its sessions see them. No method blocks. */
public interface ServiceRegistry {

  /** The answer to offers. */
  sealed interface Answer {
    /**
     * The session serves all services and receives their visitors.
     *
     * @param addresses the public addresses of each service
     */
    record Served(Map<Offer, List<String>> addresses) implements Answer {}

    /**
     * The session serves none of the services.
     *
     * @param offer the offer that is declined
     * @param reason for programs
     * @param why for people
     */
    record Declined(Offer offer, DeclinedReason reason, String why) implements Answer {}
  }

  /**
   * Registers a session for services: for all of them or for none. Only then does the session take
   * over its name from an older session. A port that it requests is a new listener whose visitors
   * are all sent to this session. The listener is open until the session ends or the service is
   * withdrawn.
   *
   * @param offers one or more, without duplicates
   * @param isShared whether other sessions that ask for it too may serve the same services
   * @param answer is called once, before the first visitor of a port: at once or, if another
   *     session must be probed or a listener must be closed first, later by another thread; must
   *     not block
   */
  void register(Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer);

  /** Withdraws a service with all its ports; open streams are not affected. */
  void withdraw(Session session, String service);

  /**
   * Sets whether the origin server of a service is healthy: of the sessions that share a service,
   * those that are not get visitors only if all others cannot. Has no effect on a service that the
   * session does not serve. A service that is registered is healthy at first.
   */
  default void setHealthy(Session session, String service, boolean isHealthy) {}

  /**
   * Sends the session no new visitors; it ends after the last one.
   *
   * @param busy whether it has visitors, or bytes of theirs are not yet delivered
   */
  void draining(Session session, boolean busy);
}
