package culvert.session;

import java.io.IOException;
import java.net.InetSocketAddress;

/** All flows of a UDP service on one channel; the visitor's address identifies a flow. */
public interface Datagrams {

  /**
   * A datagram and the flow it belongs to.
   *
   * @param visitor identifies the flow
   * @param payload 0 to 65,507 bytes
   */
  record Datagram(InetSocketAddress visitor, byte[] payload) {}

  /** Sends a visitor's datagram to the origin server. */
  void send(Datagram datagram) throws IOException;

  /** Blocks until the next datagram from the origin server. */
  Datagram receive() throws IOException;
}
