package culvert.session;

import java.io.IOException;
import java.net.InetSocketAddress;

/** All flows of a UDP service on one channel; a flow is named by its visitor's address. */
public interface Datagrams {

  /**
   * A datagram and the flow it belongs to.
   *
   * @param visitor names the flow
   * @param payload 0 to 65,507 bytes
   */
  record Datagram(InetSocketAddress visitor, byte[] payload) {}

  /** Sends a visitor's datagram towards the origin server. */
  void send(Datagram datagram) throws IOException;

  /** Waits for the next datagram from the origin server. */
  Datagram receive() throws IOException;
}
