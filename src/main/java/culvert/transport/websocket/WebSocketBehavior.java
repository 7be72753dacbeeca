package culvert.transport.websocket;

/** What the peer understands of a WebSocket beyond its binary messages. */
public enum WebSocketBehavior {
  /**
   * All of RFC 6455. A Close ends one direction, as soon as it does end, and the other goes on; a
   * Ping is answered.
   */
  NATIVE,
  /**
   * What rathole makes of it: any Ping, Pong or Close that it receives ends the tunnel both ways.
   * So none is sent but a Close when both directions have ended, and until then the peer does not
   * know that one has. Between two Culverts, which tell each other by their product names, a Close
   * ends one direction as it does natively.
   */
  RATHOLE
}
