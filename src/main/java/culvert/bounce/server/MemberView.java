package culvert.bounce.server;

import java.net.InetSocketAddress;
import java.util.OptionalInt;

/**
 * A connection to the bounce server, as it is shown.
 *
 * @param id counts up from 0 and is not used again while the server runs
 * @param peer the other end
 * @param group the number of its group, once it has joined one
 * @param state how far it is
 */
public record MemberView(long id, InetSocketAddress peer, OptionalInt group, State state) {

  /** How far a connection is. */
  public enum State {
    /** It has not authenticated. */
    CONNECTED,
    /** It has, and has joined no group. */
    AUTHENTICATED,
    /** It is in its group. */
    READY,
    /** What it sends waits: for a second member, or for one that is slow. */
    WAITING
  }
}
