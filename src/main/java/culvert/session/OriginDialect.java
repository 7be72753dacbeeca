package culvert.session;

import culvert.config.OriginSettings;
import culvert.net.Connection;
import java.io.IOException;

/** A protocol, as the origin proxy sees it: how a session begins. */
public interface OriginDialect {

  /**
   * Logs in at the remote proxy over a new connection. The caller sets a deadline and closes the
   * connection after a failure.
   *
   * @throws culvert.protocol.PeerRefusedException if the remote proxy refuses and gives the reason
   * @throws IOException if the login failed otherwise
   */
  OriginSession login(Connection connection) throws IOException;

  /**
   * Prepares the use of other settings.
   *
   * @return the action that applies them to logins from then on; sessions keep theirs
   * @throws IllegalArgumentException if a file cannot be used, or the protocol does not permit the
   *     change of services; nothing has changed then
   */
  default Runnable prepareReload(OriginSettings changed) {
    return () -> {};
  }

  /**
   * Returns whether the answer of a remote proxy can begin with these bytes, for messages; true
   * unless the dialect knows better.
   */
  default boolean canBeAnswer(byte[] first) {
    return true;
  }

  /** Returns the port that the dialect expects, for messages. */
  default String expectedPort() {
    return "the control port of a remote proxy";
  }
}
