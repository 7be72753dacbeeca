package culvert.session;

import java.util.List;
import java.util.function.Consumer;

/** The services of a remote proxy, as its sessions see them. No method blocks. */
public interface ServiceRegistry {

  /** The answer to an offer. */
  sealed interface Answer {
    /**
     * The session serves the service and receives its visitors.
     *
     * @param addresses the service's public addresses
     */
    record Served(List<String> addresses) implements Answer {}

    /**
     * The session does not serve the service.
     *
     * @param why for people
     */
    record Declined(String why) implements Answer {}
  }

  /**
   * Offers a service by name.
   *
   * @param answer is called at once or, if another session must be probed first, later by the
   *     thread of the deadlines; must not block
   */
  void offer(Session session, String service, Consumer<Answer> answer);

  /**
   * Requests a port: a new listener whose visitors are all sent to this session. It is open until
   * the session ends or the service is withdrawn with all its ports.
   *
   * @param service the service name of the port's visitors
   * @param port 0 for any free one
   * @param answer is called as for an offer by name, before the first visitor
   */
  void offer(Session session, String service, int port, Consumer<Answer> answer);

  /** Withdraws a service; open streams are not affected. */
  void withdraw(Session session, String service);

  /**
   * Sends the session no new visitors; it ends after the last one.
   *
   * @param busy whether it has visitors, or bytes of theirs are not yet delivered
   */
  void draining(Session session, boolean busy);
}
