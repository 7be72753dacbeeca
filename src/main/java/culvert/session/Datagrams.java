package culvert.session;

import culvert.net.Flow;
import java.io.IOException;

/** The flows of a session's UDP service. */
@FunctionalInterface
public interface Datagrams {

  /**
   * Opens a flow for a visitor. Does not block.
   *
   * @param receiver receives the datagrams of the origin server
   * @throws IOException if the session cannot carry it; another session may
   */
  Flow open(Visitor visitor, Flow.Receiver receiver) throws IOException;
}
