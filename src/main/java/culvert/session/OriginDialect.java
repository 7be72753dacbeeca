package culvert.session;

import culvert.net.Connection;
import java.io.IOException;

/** A protocol, as the origin proxy sees it: how a session begins. */
public interface OriginDialect {

  /**
   * Logs in at the remote proxy over a new connection. The caller sets a deadline and closes the
   * connection after a failure.
   *
   * @throws culvert.protocol.RefusedException if the remote proxy refuses and gives the reason
   * @throws IOException if the login failed otherwise
   */
  OriginSession login(Connection connection) throws IOException;
}
