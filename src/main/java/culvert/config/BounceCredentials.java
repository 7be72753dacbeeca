package culvert.config;

import culvert.setting.Candidates;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.List;
import java.util.Optional;

/**
 * The credentials of this side at bounce servers.
 *
 * @param authentication the authentication string to send first, if the servers require one
 * @param tls how to verify the servers, for TLS
 * @param webSocket the WebSocket request
 */
public record BounceCredentials(
    Optional<BounceAuthentication> authentication,
    Optional<TlsClientSettings> tls,
    WebSocketSettings webSocket) {

  private static final Candidates AUTHENTICATION =
      Candidates.of(Setting.BOUNCE_AUTH, Setting.BOUNCE_AUTH_FILE);

  private static final Candidates TLS =
      Candidates.of(
          Setting.BOUNCE_TLS_CA,
          Setting.BOUNCE_TLS_PIN,
          Setting.BOUNCE_TLS_SERVER_NAME,
          Setting.BOUNCE_TLS_CERT,
          Setting.BOUNCE_TLS_KEY,
          Setting.BOUNCE_TLS_PKCS12,
          Setting.BOUNCE_TLS_PASSWORD_FILE);

  private static final Candidates WEB_SOCKET = Candidates.of(Setting.BOUNCE_WS_PATH);

  /** The defaults of the command line. */
  public static final BounceCredentials DEFAULT =
      new BounceCredentials(Optional.empty(), Optional.empty(), WebSocketSettings.DEFAULT);

  /** Returns the bytes to send first; empty without an authentication string. */
  public byte[] bytes() {
    return authentication.map(BounceAuthentication::bytes).orElse(new byte[0]);
  }

  /**
   * Checks that these groups of a proxy use each credential.
   *
   * @throws IllegalArgumentException whose message names the settings without effect
   */
  void check(List<GroupAddress> groups) {
    if (authentication.isPresent() && groups.isEmpty()) {
      throw unused(AUTHENTICATION, "without a group at a bounce server");
    }
    if (tls.isPresent() && groups.stream().noneMatch(group -> group.transport().isTls())) {
      throw unused(TLS, "without a bounce+tls:// or bounce+wss:// URL");
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT)
        && groups.stream().noneMatch(group -> group.transport().isWebSocket())) {
      throw unused(WEB_SOCKET, "without a bounce+ws:// or bounce+wss:// URL");
    }
  }

  private static SettingException unused(Candidates settings, String condition) {
    return new SettingException("%s cannot be used " + condition, settings);
  }
}
