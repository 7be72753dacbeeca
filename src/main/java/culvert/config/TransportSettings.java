package culvert.config;

import culvert.setting.Candidates;
import culvert.setting.Setting;
import culvert.setting.SettingException;
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

  private static final Candidates TLS =
      Candidates.of(
          Setting.TLS_CERT,
          Setting.TLS_KEY,
          Setting.TLS_PKCS12,
          Setting.TLS_PASSWORD_FILE,
          Setting.TLS_CLIENT_CA,
          Setting.TLS_CA,
          Setting.TLS_PIN,
          Setting.TLS_SERVER_NAME);

  private static final Candidates WEB_SOCKET = Candidates.of(Setting.WS_PATH, Setting.WS_HOST);

  private static final Candidates NOISE =
      Candidates.of(Setting.NOISE_PATTERN, Setting.NOISE_KEY_FILE, Setting.NOISE_PEER_KEY);

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
   * @param transport the setting of {@link #kind}
   * @param tls whether a setting of TLS is set
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  void check(Setting transport, boolean secret, boolean tls, boolean dialling) {
    noise.ifPresent(keys -> keys.check(dialling));
    if (tls && !kind(secret).isTls()) {
      throw unused(TLS, transport, secret);
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT) && !kind(secret).isWebSocket()) {
      throw unused(WEB_SOCKET, transport, secret);
    }
    if (kind(secret) == TransportKind.NOISE && !isNoiseUsed(secret)) {
      throw new SettingException(
          "%s noise requires a key: set the same secret on both sides", transport);
    }
    if (noise.isPresent() && !isNoiseUsed(secret)) {
      throw unused(NOISE, transport, secret);
    }
  }

  private SettingException unused(Candidates settings, Setting transport, boolean secret) {
    return new SettingException(
        "%s cannot be used with %s %s", settings, transport, kind(secret).word());
  }
}
