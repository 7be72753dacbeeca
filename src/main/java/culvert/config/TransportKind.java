package culvert.config;

/** What wraps the connection between the halves. */
public enum TransportKind {
  /** Nothing: whoever sits on the way reads along. */
  PLAIN,
  /** Noise over TCP, keyed with the secret or with keys of its own. */
  NOISE,
  /** TLS 1.3 over TCP. */
  TLS,
  /** A WebSocket over TCP; within it Noise, where there is a secret or a key. */
  WS,
  /** A WebSocket over TLS; within it the same. */
  WSS;

  /** Whether it lies within TLS on this side. */
  public boolean isTls() {
    return this == TLS || this == WSS;
  }

  /** Whether it is a WebSocket. */
  public boolean isWebSocket() {
    return this == WS || this == WSS;
  }

  /** Whether Noise seals what goes over it where there is something to key it with. */
  public boolean isSealed() {
    return this == NOISE || isWebSocket();
  }
}
