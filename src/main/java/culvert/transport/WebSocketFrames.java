package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.Connection;
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
      WebSocketDialect dialect,
      boolean toCulvert,
      ByteBuffer early,
      BufferPool pool) {
    boolean latestClose = dialect == WebSocketDialect.RATHOLE && !toCulvert;
    var sealer = new WebSocketSealer(client, latestClose);
    var opener = new WebSocketOpener(!client, sealer);
    return new FramedConnection(carrier, sealer, opener, early, pool, IDLE_BYTES);
  }
}
