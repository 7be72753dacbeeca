package culvert.origin;

import culvert.protocol.Message;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Puts the PROXY header in front of the first datagram of a flow that is sent. A datagram that was
 * dropped does not count: otherwise a visitor could have the header dropped, and send one of its
 * own in the next datagram. Not thread-safe.
 */
final class FlowHeader {

  /** A socket that is connected to the origin server. */
  @FunctionalInterface
  interface Socket {
    /** Sends a datagram; returns false if it was dropped. */
    boolean send(ByteBuffer datagram) throws IOException;
  }

  private final byte[] header;
  private boolean isSent;

  /**
   * Creates the header of a flow.
   *
   * @param header empty for none
   */
  FlowHeader(byte[] header) {
    this.header = header;
    this.isSent = header.length == 0;
  }

  /**
   * Sends a datagram, with the header if that was not sent yet.
   *
   * @return false if the datagram was dropped, by the socket or because both are too long for one
   */
  boolean send(ByteBuffer datagram, Socket socket) throws IOException {
    if (isSent) {
      return socket.send(datagram);
    }
    int length = header.length + datagram.remaining();
    if (length <= Message.MAX_DATAGRAM_BYTES) {
      isSent = socket.send(ByteBuffer.allocate(length).put(header).put(datagram).flip());
    }
    return isSent;
  }
}
