package culvert.setting;

import java.util.Locale;

/**
 * Every setting of every command, by one id. A message refers to a setting by its id, because its
 * name depends on the way in which the user set it; see {@link SettingNames}.
 *
 * <p>The option's name is that of the id, such as {@code --tls-cert} for {@link #TLS_CERT}. So is
 * the key in a settings file, unless the file has the setting in a table or under rathole's name.
 * Some options have one name and different meanings in different commands: those are several
 * settings, so that each environment variable has one meaning.
 */
public enum Setting {
  // Addresses and names of the two proxies.
  CONTROL_ADDR(new Key("bind_addr")),
  CONTROL_VIA,
  OUTSIDE_ADDR(new Key("services.*.bind_addr")),
  PORT_RANGE,
  REMOTE_PROXY_ADDR(new Key("remote_addr")),
  ORIGIN_SERVER_ADDR(new Key("services.*.local_addr")),
  OUTSIDE_PORT,
  SHARE,
  ORIGIN_NAME("--name", "name"),
  PROXY_PROTOCOL,
  HEALTH_CHECK(new Key("services.*.health_check")),
  HEALTH_INTERVAL(new Key("services.*.health_interval")),
  HEALTH_TIMEOUT(new Key("services.*.health_timeout")),
  HEALTH_FAILURES(new Key("services.*.health_failures")),
  ACCEPT_PROXY_PROTOCOL,
  ALLOW_FROM(new Key("services.*.allow_from")),
  DENY_FROM(new Key("services.*.deny_from")),
  BALANCE(new Key("services.*.balance")),
  MAX_BANDWIDTH(new Key("services.*.max_bandwidth")),
  SOCKET_MODE(new Key("services.*.socket_mode")),
  FAIL_FAST,
  VIA(new Key("transport.tcp.proxy")),

  // The link between them.
  PROTOCOL,
  TRANSPORT(new Key("transport.type")),
  SECRET,
  SECRET_FILE,
  CLIENT_NAME,
  CLIENT_SECRET(new Key("clients.*.secret")),
  CLIENT_SECRET_FILE(new Key("clients.*.secret_file")),
  CLIENT_SERVICES(new Key("clients.*.services")),
  CLIENT_PORTS(new Key("clients.*.ports")),
  CLIENT_MAX_BANDWIDTH(new Key("clients.*.max_bandwidth")),
  NOISE_PATTERN(new Key("transport.noise.pattern")),
  NOISE_KEY_FILE(new Key("transport.noise.key_file")),
  NOISE_PEER_KEY(new Key("transport.noise.peer_key")),
  WS_PATH(new Key("transport.websocket.path")),
  WS_HOST(new Key("transport.websocket.host")),
  TLS_CERT(new Key("transport.tls.cert")),
  TLS_KEY(new Key("transport.tls.key")),
  TLS_PKCS12(new Key("transport.tls.pkcs12")),
  TLS_PASSWORD_FILE(new Key("transport.tls.pkcs12_password_file")),
  TLS_CLIENT_CA(new Key("transport.tls.client_ca")),
  TLS_CA(new Key("transport.tls.trusted_root")),
  TLS_PIN(new Key("transport.tls.pin")),
  TLS_SERVER_NAME(new Key("transport.tls.hostname")),

  // A proxy's connection to a bounce server.
  BOUNCE_AUTH(new Key("bounce.auth")),
  BOUNCE_AUTH_FILE(new Key("bounce.auth_file")),
  BOUNCE_TLS_CA(new Key("bounce.tls.trusted_root")),
  BOUNCE_TLS_PIN(new Key("bounce.tls.pin")),
  BOUNCE_TLS_SERVER_NAME(new Key("bounce.tls.hostname")),
  BOUNCE_TLS_CERT(new Key("bounce.tls.cert")),
  BOUNCE_TLS_KEY(new Key("bounce.tls.key")),
  BOUNCE_TLS_PKCS12(new Key("bounce.tls.pkcs12")),
  BOUNCE_TLS_PASSWORD_FILE(new Key("bounce.tls.pkcs12_password_file")),
  BOUNCE_WS_PATH(new Key("bounce.websocket.path")),

  // Timeouts and limits.
  CONNECT_TIMEOUT,
  OPEN_TIMEOUT,
  FLOW_TIMEOUT,
  HANDSHAKE_TIMEOUT,
  HEARTBEAT(new Key("heartbeat_interval")),
  HEARTBEAT_TIMEOUT,
  HALF_CLOSE_TIMEOUT,
  IDLE_TIMEOUT,
  DRAIN_TIMEOUT,
  RETRY_MAX(new Key("retry_interval")),
  MAX_VISITORS,
  MAX_VISITORS_PER_ADDR,
  MAX_SESSIONS,
  MAX_UNAUTHENTICATED,
  MAX_UNAUTHENTICATED_PER_ADDR,
  MAX_STREAMS,
  MAX_FLOWS,
  MAX_OPENS,
  MAX_OPENS_PER_SERVICE,
  MAX_STREAM_BUFFER,
  MAX_BUFFER,

  // The log.
  LOG_LEVEL(new Key("log.level")),
  LOG_FORMAT(new Key("log.format")),
  LOG_PERIOD(new Key("log.period")),

  // The bounce server, and a command that joins one of its groups.
  BOUNCE_PORT("--port", "port"),
  BOUNCE_PROTOCOL("--protocol", "protocol"),
  BOUNCE_TRANSPORT("--transport", "transport.type"),
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
  BORE_ADDR(new Key("bore.bind_addr")),
  BORE_SECRET(new Key("bore.secret")),
  BORE_SECRET_FILE(new Key("bore.secret_file")),
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
  CONFIG,
  RUN_SERVER("--server"),
  RUN_CLIENT("--client"),
  NOISE,
  DEMO_OUTSIDE_ADDR("--outside-addr"),
  DEMO_ONCE("--once");

  private final String flag;
  private final String key;

  Setting() {
    this.flag = "--" + id().replace('_', '-');
    this.key = id();
  }

  Setting(Key key) {
    this.flag = "--" + id().replace('_', '-');
    this.key = key.path;
  }

  Setting(String flag) {
    this.flag = flag;
    this.key = id();
  }

  Setting(String flag, String key) {
    this.flag = flag;
    this.key = key;
  }

  private String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A key that is not that of the id. */
  private record Key(String path) {}

  /**
   * Returns the option that sets it, such as {@code --tls-cert}; without a meaning if {@link
   * #isOfFileOnly}.
   */
  public String flag() {
    return flag;
  }

  /**
   * Returns the key that sets it in a settings file, below the block of the role, such as {@code
   * transport.tls.cert}. An asterisk stands for the name of a service.
   */
  public String key() {
    return key;
  }

  /** Returns whether only a settings file can set it: it belongs to one client of several. */
  public boolean isOfFileOnly() {
    return key.startsWith("clients.");
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
