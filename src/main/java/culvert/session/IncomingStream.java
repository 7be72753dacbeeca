package culvert.session;

import culvert.net.Connection;
import culvert.protocol.RefusedReason;

/** A visitor's stream as the origin side receives it. It is accepted or refused, exactly once. */
public interface IncomingStream {

  /** Connects visitors' streams to the service's origin server. */
  @FunctionalInterface
  interface Handler {
    /** Handles one stream until it is over, in the calling thread, which is the stream's own. */
    void handle(IncomingStream stream);
  }

  /** Who came, and for which service. */
  Visitor visitor();

  /** The stream; what the visitor sent early is already on its way. */
  Connection connection();

  /** The origin server has accepted. */
  void accept();

  /** There will be no connection. */
  void refuse(RefusedReason reason, String why);
}
