package culvert.transport.websocket;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.transport.RecordConnection;
import java.nio.ByteBuffer;

/** What both sides come to once their handshake is done. */
final class WebSocketFrames {

  /** The name by which one Culvert knows another. */
  static final String PRODUCT = "culvert";

  /** What a waiting reader holds: enough for any control frame, and for a usual read. */
  private static final int IDLE_BYTES = 2 * 1024;

  private WebSocketFrames() {}

  /**
   * The connection within the carrier.
   *
   * @param client whether this side is the client
   * @param toCulvert whether the peer has said that it is one
   * @param early what came behind the handshake
   */
  static Connection connection(
      Connection carrier,
      boolean client,
      WebSocketBehavior dialect,
      boolean toCulvert,
      ByteBuffer early,
      BufferPool pool) {
    boolean latestClose = dialect == WebSocketBehavior.RATHOLE && !toCulvert;
    var sealer = new WebSocketEncoder(client, latestClose);
    var opener = new WebSocketDecoder(!client, sealer);
    return new RecordConnection(carrier, sealer, opener, early, pool, IDLE_BYTES);
  }
}
