package culvert.session;

import culvert.net.Connection;
import culvert.protocol.StreamRefusedReason;

/** A visitor's stream as the origin proxy receives it. It is accepted or refused exactly once. */
public interface IncomingStream {

  /** Connects visitors' streams to the service's origin server. */
  @FunctionalInterface
  interface Handler {
    /** Handles one stream until it is over, in the calling thread, which is the stream's own. */
    void handle(IncomingStream stream);
  }

  /** Returns the visitor and the service it uses. */
  Visitor visitor();

  /** Returns the stream, whose input may hold bytes that the visitor has sent already. */
  Connection connection();

  /** Accepts the stream: the origin server has accepted the connection. */
  void accept();

  /** Refuses the stream: there is no connection to the origin server. */
  void refuse(StreamRefusedReason reason, String why);
}
