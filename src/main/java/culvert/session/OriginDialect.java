package culvert.session;

import culvert.net.Connection;
import java.io.IOException;

/** A wire family, as the origin side sees it: how a session begins. */
public interface OriginDialect {

  /**
   * Joins the remote proxy at the other end of a fresh connection. The caller holds the deadline
   * for all of it, and closes the connection if it fails.
   *
   * @throws culvert.protocol.RefusedException if the remote proxy refuses for a stated reason
   * @throws IOException if no session came of it
   */
  OriginSession login(Connection connection) throws IOException;
}
