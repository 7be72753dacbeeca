package culvert.session;

import java.util.List;

/** The services of a remote proxy, as its sessions see them. Never blocks. */
public interface Services {

  /** The answer to an offer. */
  sealed interface Answer {
    /**
     * Visitors are sent from now on.
     *
     * @param addresses where they come in
     */
    record Taken(List<String> addresses) implements Answer {}

    /**
     * They are not.
     *
     * @param why for people
     */
    record Declined(String why) implements Answer {}
  }

  /** The session offers a service by name. */
  Answer offer(Session session, String service);

  /** The session takes a service back; streams that are open live on. */
  void withdraw(Session session, String service);

  /** The session takes no new visitors, or is over. */
  void withdrawAll(Session session);
}
