package culvert.transport.websocket;

/** The control frames that the peer supports. */
public enum WebSocketBehavior {
  /**
   * All of RFC 6455. A Close frame is sent when one direction ends and ends only that direction; a
   * Ping is answered.
   */
  NATIVE,
  /**
   * The subset that rathole supports: it ends the tunnel in both directions when it receives a
   * Ping, Pong or Close. Therefore the only control frame sent is a Close once both directions have
   * ended, and until then the peer does not learn that one has. Between two instances of Culvert,
   * which identify each other by their product names, a Close ends one direction as with {@link
   * #NATIVE}.
   */
  RATHOLE
}
