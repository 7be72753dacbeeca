package culvert.transport;

import culvert.net.Connection;
import java.io.IOException;

/**
 * One side of a transport, dialling or accepting: turns a new connection into one that is wrapped
 * by the transport.
 */
@FunctionalInterface
public interface Transport {

  /** Returns the connection itself. */
  Transport PLAIN = carrier -> carrier;

  /**
   * Performs the handshake in the calling thread and returns the wrapped connection. The caller
   * owns the deadline: it ends a handshake by closing the carrier. If the handshake fails, the
   * carrier stays open.
   *
   * @return a connection that closes the carrier when it is closed
   * @throws culvert.protocol.ForeignPeerException if the first bytes are of another protocol
   * @throws culvert.protocol.PeerRefusedException if the peer failed to authenticate, or reports
   *     that this side did
   * @throws culvert.protocol.ProtocolException if the peer violated the transport's protocol
   * @throws IOException if the carrier broke or ended
   */
  Connection wrap(Connection carrier) throws IOException;

  /**
   * Marks the peer as authenticated: from now on the connection and its carriers may hold large
   * buffers and accept long records, and what they hold counts in the budget of the process. The
   * caller closes {@code connection} itself in the end, not only its carrier.
   */
  static void setAuthenticated(Connection connection) {
    if (connection instanceof RecordConnection records) {
      records.setAuthenticated();
    }
  }

  /** Returns a transport that performs {@code outer}'s handshake first and this one inside it. */
  default Transport within(Transport outer) {
    return carrier -> wrap(outer.wrap(carrier));
  }
}
