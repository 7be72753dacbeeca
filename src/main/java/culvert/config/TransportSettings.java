package culvert.config;

import java.util.Locale;
import java.util.Optional;

/**
 * What wraps the connection between the halves, on one side.
 *
 * @param kind which one; none given means Noise where there is a secret or a key, else plain
 * @param noise keys to use instead of the secret
 * @param webSocket how a WebSocket is asked for
 */
public record TransportSettings(
    Optional<TransportKind> kind, Optional<NoiseSettings> noise, WebSocketSettings webSocket) {

  /** Whatever fits. */
  public static final TransportSettings DEFAULT =
      new TransportSettings(Optional.empty(), Optional.empty(), WebSocketSettings.DEFAULT);

  /** The one to use by a side that has a secret, or has none. */
  public TransportKind kind(boolean secret) {
    boolean keyed = secret || noise.isPresent();
    return kind.orElse(keyed ? TransportKind.NOISE : TransportKind.PLAIN);
  }

  /** Whether Noise seals the connection of a side that has a secret, or has none. */
  public boolean isSealed(boolean secret) {
    return kind(secret).isSealed() && (secret || noise.isPresent());
  }

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  void check(boolean secret, boolean tls, boolean dialling) {
    noise.ifPresent(keys -> keys.check(dialling));
    if (tls && !kind(secret).isTls()) {
      throw meaningless("--tls", secret);
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT) && !kind(secret).isWebSocket()) {
      throw meaningless("--ws", secret);
    }
    if (kind(secret) == TransportKind.NOISE && !isSealed(secret)) {
      throw new IllegalArgumentException(
          "--transport noise has nothing to seal with: give both sides the same secret");
    }
    if (noise.isPresent() && !isSealed(secret)) {
      throw meaningless("--noise", secret);
    }
  }

  private IllegalArgumentException meaningless(String options, boolean secret) {
    return new IllegalArgumentException(
        "the "
            + options
            + " options mean nothing to --transport "
            + kind(secret).name().toLowerCase(Locale.ROOT));
  }
}
