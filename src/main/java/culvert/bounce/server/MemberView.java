package culvert.bounce.server;

import java.net.InetSocketAddress;
import java.util.OptionalInt;

/**
 * Snapshot of a connection to the bounce server.
 *
 * @param id counts up from 0; not reused while the server runs
 * @param peer the remote address
 * @param group number of the group it has joined, if it has joined one
 * @param state its state
 */
public record MemberView(long id, InetSocketAddress peer, OptionalInt group, State state) {

  /** State of a connection. */
  public enum State {
    /** Not authenticated. */
    CONNECTED,
    /** Authenticated, but not in a group. */
    AUTHENTICATED,
    /** In its group. */
    READY,
    /** In its group; the bytes it sends wait for a second member or for a slow one. */
    WAITING
  }
}
