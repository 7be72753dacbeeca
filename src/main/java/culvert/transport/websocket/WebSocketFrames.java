package culvert.transport.websocket;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.transport.RecordConnection;
import java.nio.ByteBuffer;

/** Creates the connection of either side after the opening handshake. */
final class WebSocketFrames {

  /** Product name by which two instances of Culvert identify each other. */
  static final String PRODUCT = "culvert";

  /** Buffer of a waiting reader: enough for any control frame and for a typical read. */
  private static final int IDLE_BYTES = 2 * 1024;

  private WebSocketFrames() {}

  /**
   * Returns the WebSocket connection within the carrier.
   *
   * @param isClient whether this side is the client
   * @param isPeerCulvert whether the peer identified itself as Culvert
   * @param received bytes read after the handshake
   */
  static Connection connection(
      Connection carrier,
      boolean isClient,
      WebSocketBehavior behavior,
      boolean isPeerCulvert,
      ByteBuffer received,
      BufferPool pool) {
    boolean closesLast = behavior == WebSocketBehavior.RATHOLE && !isPeerCulvert;
    var encoder = new WebSocketEncoder(isClient, closesLast);
    var decoder = new WebSocketDecoder(!isClient, encoder);
    return new RecordConnection(carrier, encoder, decoder, received, pool, IDLE_BYTES);
  }
}
