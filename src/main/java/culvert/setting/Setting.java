package culvert.setting;

import java.util.Locale;

/**
 * Every setting of every command, by one id. A message refers to a setting by its id, because its
 * name depends on the way in which the user set it; see {@link SettingNames}.
 *
 * <p>The option's name is that of the id, such as {@code --tls-cert} for {@link #TLS_CERT}. Some
 * options have one name and different meanings in different commands: those are several settings,
 * so that each environment variable has one meaning.
 */
public enum Setting {
  // Addresses and names of the two proxies.
  CONTROL_ADDR,
  CONTROL_VIA,
  OUTSIDE_ADDR,
  PORT_RANGE,
  REMOTE_PROXY_ADDR,
  ORIGIN_SERVER_ADDR,
  OUTSIDE_PORT,
  SHARE,
  ORIGIN_NAME("--name"),
  PROXY_PROTOCOL,
  ACCEPT_PROXY_PROTOCOL,
  FAIL_FAST,
  VIA,

  // The link between them.
  PROTOCOL,
  TRANSPORT,
  SECRET,
  SECRET_FILE,
  NOISE_PATTERN,
  NOISE_KEY_FILE,
  NOISE_PEER_KEY,
  WS_PATH,
  WS_HOST,
  TLS_CERT,
  TLS_KEY,
  TLS_PKCS12,
  TLS_PASSWORD_FILE,
  TLS_CLIENT_CA,
  TLS_CA,
  TLS_PIN,
  TLS_SERVER_NAME,

  // A proxy's connection to a bounce server.
  BOUNCE_AUTH,
  BOUNCE_AUTH_FILE,
  BOUNCE_TLS_CA,
  BOUNCE_TLS_PIN,
  BOUNCE_TLS_SERVER_NAME,
  BOUNCE_TLS_CERT,
  BOUNCE_TLS_KEY,
  BOUNCE_TLS_PKCS12,
  BOUNCE_TLS_PASSWORD_FILE,
  BOUNCE_WS_PATH,

  // Timeouts and limits.
  CONNECT_TIMEOUT,
  OPEN_TIMEOUT,
  HANDSHAKE_TIMEOUT,
  HEARTBEAT,
  HEARTBEAT_TIMEOUT,
  HALF_CLOSE_TIMEOUT,
  IDLE_TIMEOUT,
  DRAIN_TIMEOUT,
  RETRY_MAX,
  MAX_VISITORS,
  MAX_VISITORS_PER_ADDR,
  MAX_SESSIONS,
  MAX_UNAUTHENTICATED,
  MAX_UNAUTHENTICATED_PER_ADDR,
  MAX_STREAMS,
  MAX_OPENS,
  MAX_OPENS_PER_SERVICE,
  MAX_STREAM_BUFFER,
  MAX_BUFFER,

  // The log.
  LOG_LEVEL,
  LOG_FORMAT,
  LOG_PERIOD,

  // The bounce server, and a command that joins one of its groups.
  BOUNCE_PORT("--port"),
  BOUNCE_PROTOCOL("--protocol"),
  BOUNCE_TRANSPORT("--transport"),
  BIND,
  AUTH,
  AUTH_FILE,
  AUTH_TIMEOUT,
  NUMBER_PAUSE,
  ECHO,
  MAX_CONNECTIONS,
  MAX_PAIRS,
  MAX_CLIENTS,
  MAX_CLIENTS_PER_ADDR,
  CLOSE_WITH_PEER,
  DROP_SLOW_AFTER,
  DAEMON,
  CONSOLE_ADDR,
  VERBOSITY,
  TO,
  LISTEN,
  ONCE,

  // Server and client of bore.
  BORE_ADDR,
  BORE_SECRET,
  BORE_SECRET_FILE,
  BORE_SERVER("--to"),
  BORE_PORT("--port"),
  BORE_ONCE("--once"),
  LOCAL_HOST,
  MIN_PORT,
  MAX_PORT,
  BIND_ADDR,
  BIND_TUNNELS,
  CONTROL_PORT,

  // Other commands.
  NOISE,
  DEMO_OUTSIDE_ADDR("--outside-addr"),
  DEMO_ONCE("--once");

  private final String flag;

  Setting() {
    this.flag = "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  Setting(String flag) {
    this.flag = flag;
  }

  /** Returns the option that sets it, such as {@code --tls-cert}. */
  public String flag() {
    return flag;
  }

  /**
   * Returns the environment variable that sets it, such as {@code CULVERT_TLS_CERT}. None ends in
   * {@code _PORT}: Kubernetes sets such a variable for a service, as {@code
   * CULVERT_OUTSIDE_PORT=tcp://10.0.0.7:80} for one named {@code culvert-outside}.
   */
  public String variable() {
    return "CULVERT_" + name() + (name().endsWith("_PORT") ? "_NUMBER" : "");
  }

  /** Returns {@link #flag}, for messages about both sides of a connection. */
  @Override
  public String toString() {
    return flag;
  }
}
