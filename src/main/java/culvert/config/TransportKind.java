package culvert.config;

import java.util.Locale;

/** The transport of the connection between the halves. */
public enum TransportKind {
  /** TCP without encryption: the network can read all bytes. */
  PLAIN,
  /** Noise over TCP, keyed with the secret or with static keys. */
  NOISE,
  /** TLS 1.3 over TCP. */
  TLS,
  /** A WebSocket over TCP; with a secret or a key, Noise runs inside it. */
  WS,
  /** A WebSocket over TLS; with a secret or a key, Noise runs inside it. */
  WSS;

  /** Returns the word that users write for it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether this side uses TLS. */
  public boolean isTls() {
    return this == TLS || this == WSS;
  }

  /** Returns whether it is a WebSocket. */
  public boolean isWebSocket() {
    return this == WS || this == WSS;
  }

  /** Returns whether Noise encrypts its bytes if a secret or a key is set. */
  public boolean canUseNoise() {
    return this == NOISE || isWebSocket();
  }
}
