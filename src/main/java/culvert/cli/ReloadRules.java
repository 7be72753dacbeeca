package culvert.cli;

import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Which settings of a running role change at a reload, and for which connections. */
final class ReloadRules {

  /** When a changed setting is used. */
  enum Effect {
    /** At once, by what begins from then on. */
    NOW,
    /** By connections between the two sides that begin from then on. */
    NEXT_SESSION,
    /** After the next start of the role. */
    NEXT_START
  }

  private static final Set<Setting> LINK =
      EnumSet.of(
          Setting.SECRET,
          Setting.SECRET_FILE,
          Setting.CLIENT_NAME,
          Setting.PROTOCOL,
          Setting.TRANSPORT,
          Setting.NOISE_PATTERN,
          Setting.NOISE_KEY_FILE,
          Setting.NOISE_PEER_KEY,
          Setting.WS_PATH,
          Setting.WS_HOST,
          Setting.TLS_CERT,
          Setting.TLS_KEY,
          Setting.TLS_PKCS12,
          Setting.TLS_PASSWORD_FILE,
          Setting.TLS_CLIENT_CA,
          Setting.TLS_CA,
          Setting.TLS_PIN,
          Setting.TLS_SERVER_NAME,
          Setting.BOUNCE_AUTH,
          Setting.BOUNCE_AUTH_FILE,
          Setting.BOUNCE_TLS_CA,
          Setting.BOUNCE_TLS_PIN,
          Setting.BOUNCE_TLS_SERVER_NAME,
          Setting.BOUNCE_TLS_CERT,
          Setting.BOUNCE_TLS_KEY,
          Setting.BOUNCE_TLS_PKCS12,
          Setting.BOUNCE_TLS_PASSWORD_FILE,
          Setting.BOUNCE_WS_PATH,
          Setting.BORE_SECRET,
          Setting.BORE_SECRET_FILE,
          Setting.OUTSIDE_PORT,
          Setting.SHARE,
          Setting.VIA,
          Setting.BOUNCE_TRANSPORT,
          Setting.AUTH,
          Setting.AUTH_FILE);

  private static final Map<Role, Set<Setting>> NOW =
      Map.of(
          Role.SERVER,
          EnumSet.of(
              Setting.CONTROL_ADDR,
              Setting.CONTROL_VIA,
              Setting.CLIENT_SECRET,
              Setting.CLIENT_SECRET_FILE,
              Setting.CLIENT_SERVICES,
              Setting.CLIENT_PORTS,
              Setting.CLIENT_MAX_BANDWIDTH,
              Setting.OUTSIDE_ADDR,
              Setting.PORT_RANGE,
              Setting.BORE_ADDR,
              Setting.ACCEPT_PROXY_PROTOCOL,
              Setting.ALLOW_FROM,
              Setting.DENY_FROM,
              Setting.BALANCE,
              Setting.MAX_BANDWIDTH,
              Setting.SOCKET_MODE,
              Setting.OPEN_TIMEOUT,
              Setting.FLOW_TIMEOUT,
              Setting.HALF_CLOSE_TIMEOUT,
              Setting.IDLE_TIMEOUT,
              Setting.DRAIN_TIMEOUT,
              Setting.MAX_VISITORS,
              Setting.MAX_VISITORS_PER_ADDR,
              Setting.MAX_SESSIONS),
          Role.CLIENT,
          EnumSet.of(
              Setting.REMOTE_PROXY_ADDR,
              Setting.ORIGIN_SERVER_ADDR,
              Setting.PROXY_PROTOCOL,
              Setting.HEALTH_CHECK,
              Setting.HEALTH_INTERVAL,
              Setting.HEALTH_TIMEOUT,
              Setting.HEALTH_FAILURES,
              Setting.CONNECT_TIMEOUT,
              Setting.HALF_CLOSE_TIMEOUT,
              Setting.IDLE_TIMEOUT,
              Setting.DRAIN_TIMEOUT),
          Role.BOUNCE,
          EnumSet.noneOf(Setting.class));

  private ReloadRules() {}

  /** Returns when a changed setting is used. */
  static Effect effect(Role role, Setting setting) {
    if (NOW.get(role).contains(setting)) {
      return Effect.NOW;
    }
    return LINK.contains(setting) ? Effect.NEXT_SESSION : Effect.NEXT_START;
  }
}
