package culvert.session;

import java.util.List;
import java.util.function.Consumer;

/** The services of a remote proxy, as its sessions see them. Never blocks. */
public interface ServiceRegistry {

  /** The answer to an offer. */
  sealed interface Answer {
    /**
     * Visitors are sent from now on.
     *
     * @param addresses where they come in
     */
    record Served(List<String> addresses) implements Answer {}

    /**
     * They are not.
     *
     * @param why for people
     */
    record Declined(String why) implements Answer {}
  }

  /**
   * The session offers a service by name.
   *
   * @param answer hears what became of it, at once or, where another session must be asked first, a
   *     little later and from the watchdog; must not block
   */
  void offer(Session session, String service, Consumer<Answer> answer);

  /**
   * The session asks for a port of its own: a new listener whose visitors are all this session's.
   * It lives for as long as the session, or until the service is withdrawn with all its ports.
   *
   * @param service what its visitors are said to visit
   * @param port 0 for any free one
   * @param answer as of an offer; visitors come only after it
   */
  void offer(Session session, String service, int port, Consumer<Answer> answer);

  /** The session takes a service back; streams that are open live on. */
  void withdraw(Session session, String service);

  /**
   * The session takes no new visitors and goes once those it has are done.
   *
   * @param busy whether it has any, or bytes of theirs are on their way
   */
  void draining(Session session, boolean busy);
}
