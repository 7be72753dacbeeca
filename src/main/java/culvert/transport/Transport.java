package culvert.transport;

import culvert.net.Connection;
import java.io.IOException;

/** One side of a wrapping, dialling or accepting: what a fresh connection must become first. */
@FunctionalInterface
public interface Transport {

  /** Nothing around the connection. */
  Transport PLAIN = carrier -> carrier;

  /**
   * Does the handshake, in the calling thread, and returns the wrapped connection. The caller holds
   * the deadline: it ends a handshake by closing the carrier.
   *
   * @return a connection whose end is the carrier's end
   * @throws culvert.protocol.ForeignPeerException if the first bytes are of another protocol
   * @throws culvert.protocol.RefusedException if the peer is not who it should be, or says that
   *     this side is not
   * @throws culvert.protocol.ProtocolException if the peer broke the rules of the transport
   * @throws IOException if the carrier broke or ended; in all cases the carrier is still open
   */
  Connection wrap(Connection carrier) throws IOException;

  /**
   * The peer has proven itself: from now on the connection, and what it lies on, may hold large
   * buffers and take long records.
   */
  static void setAuthenticated(Connection connection) {
    if (connection instanceof RecordConnection framed) {
      framed.setAuthenticated();
    }
  }

  /** This one within {@code outer}. */
  default Transport within(Transport outer) {
    return carrier -> wrap(outer.wrap(carrier));
  }
}
