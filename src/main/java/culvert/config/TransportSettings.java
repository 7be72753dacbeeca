package culvert.config;

import java.util.Locale;
import java.util.Optional;

/**
 * One side's settings of the transport between the halves.
 *
 * @param kind the transport; if empty, Noise with a secret or a key, otherwise plain
 * @param noise static keys to use instead of the secret
 * @param webSocket the WebSocket request
 */
public record TransportSettings(
    Optional<TransportKind> kind, Optional<NoiseSettings> noise, WebSocketSettings webSocket) {

  /** The defaults of the command line. */
  public static final TransportSettings DEFAULT =
      new TransportSettings(Optional.empty(), Optional.empty(), WebSocketSettings.DEFAULT);

  /** Returns the transport to use, with or without a secret. */
  public TransportKind kind(boolean secret) {
    boolean keyed = secret || noise.isPresent();
    return kind.orElse(keyed ? TransportKind.NOISE : TransportKind.PLAIN);
  }

  /** Returns whether Noise encrypts the connection, with or without a secret. */
  public boolean isNoiseUsed(boolean secret) {
    return kind(secret).canUseNoise() && (secret || noise.isPresent());
  }

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  void check(boolean secret, boolean tls, boolean dialling) {
    noise.ifPresent(keys -> keys.check(dialling));
    if (tls && !kind(secret).isTls()) {
      throw unused("--tls", secret);
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT) && !kind(secret).isWebSocket()) {
      throw unused("--ws", secret);
    }
    if (kind(secret) == TransportKind.NOISE && !isNoiseUsed(secret)) {
      throw new IllegalArgumentException(
          "--transport noise requires a key: set the same secret on both sides");
    }
    if (noise.isPresent() && !isNoiseUsed(secret)) {
      throw unused("--noise", secret);
    }
  }

  private IllegalArgumentException unused(String options, boolean secret) {
    return new IllegalArgumentException(
        "the "
            + options
            + " options have no effect with --transport "
            + kind(secret).name().toLowerCase(Locale.ROOT));
  }
}
