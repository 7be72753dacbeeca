package culvert.cli.importing;

import culvert.config.HealthChecks;
import culvert.config.HealthProbe;
import culvert.config.toml.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Imports a file of frps or frpc in TOML. */
final class FrpImport {

  private static final String EVERY_HOST = "0.0.0.0";
  private static final long DEFAULT_PORT = 7000;
  private static final long MAX_PORT = 65535;

  /** frp's MB is 1024 of its KB, which is 1024 bytes. */
  private static final int KIBI = 1024;

  /** The longest number that a size has. */
  private static final long MAX_KIBIBYTES = 999_999_999;

  private static final Pattern BANDWIDTH = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]+)?)(KB|MB)");

  private static final String SERVER = "server";
  private static final String CLIENT = "client";

  private final SettingsText text;
  private final SourceTable root;

  private FrpImport(Path file) {
    this.text = new SettingsText(file.getFileName() + " of frp");
    this.root = new SourceTable("", Importer.parse(file).root(), text);
  }

  /** Returns the settings of a file. */
  static SettingsText of(Path file) {
    var frp = new FrpImport(file);
    if (frp.hasAny("bindPort", "bindAddr", "allowPorts") || !frp.isOfClient()) {
      frp.server();
    } else {
      frp.client();
    }
    frp.root.rejectOthers();
    return frp.text;
  }

  /** Returns whether a file without the addresses of frps is for frpc: every key is optional. */
  private boolean isOfClient() {
    return hasAny("serverAddr", "serverPort", "proxies", "visitors", "includes");
  }

  private boolean hasAny(String... keys) {
    return Stream.of(keys).anyMatch(key -> root.table().find(key).isPresent());
  }

  private void server() {
    String host = root.take("bindAddr", String.class).orElse(EVERY_HOST);
    text.put(SERVER, "bind_addr", address(host, root.take("bindPort", Long.class)));
    common(SERVER);
    text.note("'culvert import frp' of each frpc.toml prints the services to add below.");
    ports();
  }

  private void ports() {
    List<?> ranges = root.take("allowPorts", List.class).orElse(List.of());
    if (ranges.size() > 1) {
      text.notImported("allowPorts", "one range of ports is supported; the first is used");
    }
    if (!ranges.isEmpty() && ranges.getFirst() instanceof Table first) {
      var range = new SourceTable("allowPorts", first, text);
      long single = range.take("single", Long.class).orElse(0L);
      long min = range.take("start", Long.class).orElse(single);
      long max = range.take("end", Long.class).orElse(single);
      text.put(SERVER, "port_range", min + "-" + max);
    } else {
      text.put(SERVER, "port_range", "1024-65535");
    }
  }

  private void client() {
    String host = root.take("serverAddr", String.class).orElse("127.0.0.1");
    Optional<Long> port = root.take("serverPort", Long.class);
    text.put(SERVER, "bind_addr", address(EVERY_HOST, port));
    text.put(CLIENT, "remote_addr", address(host, port));
    root.take("loginFailExit", Boolean.class)
        .filter(isExit -> isExit)
        .ifPresent(
            isExit -> text.notImported("loginFailExit", "the origin proxy retries; see fail_fast"));
    common(CLIENT);
    List<?> proxies = root.take("proxies", List.class).orElse(List.of());
    for (Object proxy : proxies) {
      if (proxy instanceof Table table) {
        proxy(table);
      }
    }
    text.note("Both hosts need this file: 'culvert run --server' on the public host, 'culvert run");
    text.note("--client' next to the origin servers.");
  }

  private void common(String block) {
    SourceTable auth = root.inner("auth");
    auth.take("method", String.class)
        .filter(method -> !method.equals("token"))
        .ifPresent(method -> text.notImported("auth.method", "only a token has an equivalent"));
    auth.with("token", String.class, token -> secret(block, token));
    auth.rejectOthers();
    SourceTable log = root.inner("log");
    log.with(
        "level",
        String.class,
        level -> {
          text.put(block + ".log", "level", level.equals("trace") ? "debug" : level);
        });
    log.rejectOthers();
    transport(block);
  }

  /** Both blocks of a file for both sides need the secret. */
  private void secret(String block, String token) {
    if (token.contains("{{")) {
      text.notImported("auth.token", "a template; set secret = \"${NAME}\" for a variable NAME");
    } else {
      List<String> blocks = block.equals(CLIENT) ? List.of(SERVER, CLIENT) : List.of(block);
      text.putSecret("auth.token", blocks, token);
    }
  }

  private void transport(String block) {
    SourceTable transport = root.inner("transport");
    transport.with(
        "protocol",
        String.class,
        protocol -> {
          switch (protocol) {
            case "tcp" -> {}
            case "websocket" -> {
              text.put(SERVER + ".transport", "type", protocol);
              if (block.equals(CLIENT)) {
                text.put(CLIENT + ".transport", "type", protocol);
              }
            }
            default -> text.notImported("transport.protocol", "no equivalent of " + protocol);
          }
        });
    transport.with(
        "proxyURL",
        String.class,
        url -> {
          if (url.startsWith("http://") || url.startsWith("socks5://")) {
            text.put(block + ".transport.tcp", "proxy", url);
          } else {
            text.notImported("transport.proxyURL", "only http and socks5 have an equivalent");
          }
        });
    transport.with(
        "dialServerTimeout", Long.class, seconds -> text.put(block, "connect_timeout", seconds));
    Importer.heartbeat(
        text,
        block,
        transport.take("heartbeatInterval", Long.class),
        transport.take("heartbeatTimeout", Long.class));
    tls(transport);
    transport.rejectOthers();
  }

  private void tls(SourceTable transport) {
    SourceTable tls = transport.inner("tls");
    tls.with(
        "enable",
        Boolean.class,
        isEnabled -> {
          if (isEnabled) {
            text.note("Noise with the secret takes the place of frp's TLS.");
          } else {
            text.notImported("transport.tls.enable", "the link is encrypted if a secret is set");
          }
        });
    tls.rejectOthers();
  }

  private void proxy(Table table) {
    String name = table.text("name").orElse("");
    var proxy = new SourceTable("proxies." + name, table, text);
    proxy.take("name", String.class);
    String type = proxy.take("type", String.class).orElse("tcp");
    if (!type.equals("tcp") && !type.equals("udp")) {
      text.notImported(proxy.name("type") + " (line " + table.line() + ")", reason(type));
      return;
    }
    Optional<Long> remote = proxy.take("remotePort", Long.class).filter(FrpImport::isPort);
    Optional<Long> local = proxy.take("localPort", Long.class).filter(FrpImport::isPort);
    if (!Importer.isName(name) || remote.isEmpty() || local.isEmpty()) {
      text.notImported(
          proxy.name("name") + " (line " + table.line() + ")",
          Importer.isName(name)
              ? "a service needs a localPort and a remotePort from 1 to " + MAX_PORT
              : Importer.INVALID_NAME);
      return;
    }
    if (type.equals("udp")) {
      text.put(Importer.serviceTable(SERVER, name), "type", type);
      text.put(Importer.serviceTable(CLIENT, name), "type", type);
    }
    String host = proxy.take("localIP", String.class).orElse("127.0.0.1");
    text.put(Importer.serviceTable(SERVER, name), "bind_addr", address(EVERY_HOST, remote));
    text.put(Importer.serviceTable(CLIENT, name), "local_addr", address(host, local));
    SourceTable transport = proxy.inner("transport");
    transport.reject(
        "proxyProtocolVersion", "one version for all services: set proxy_protocol in [client]");
    transport.with("bandwidthLimit", String.class, limit -> bandwidth(transport, name, limit));
    transport.rejectOthers();
    if (type.equals("tcp")) {
      healthCheck(proxy.inner("healthCheck"), Importer.serviceTable(CLIENT, name));
    }
    proxy.rejectOthers();
  }

  private void healthCheck(SourceTable check, String service) {
    check
        .take("type", String.class)
        .flatMap(type -> probe(check, type))
        .ifPresent(probe -> {
          text.put(service, "health_check", probe.toString());
          healthTimes(check, service);
        });
    check.rejectOthers();
  }

  /** Returns what is checked; what has no equivalent is reported. */
  private Optional<HealthProbe> probe(SourceTable check, String type) {
    return switch (type) {
      case "tcp" -> Optional.of(HealthProbe.TCP);
      case "http" -> {
        String path = check.take("path", String.class).orElse("");
        try {
          // As in frp, which adds the slash.
          yield Optional.of(HealthProbe.http(path.startsWith("/") ? path : "/" + path));
        } catch (IllegalArgumentException e) {
          text.notImported(
              check.name("path"), "expected at most 200 visible ASCII characters without a comma");
          yield Optional.empty();
        }
      }
      default -> {
        text.notImported(check.name("type"), "expected tcp or http");
        yield Optional.empty();
      }
    };
  }

  /** Zero stands for frp's default; those of interval and timeout are those of the origin proxy. */
  private void healthTimes(SourceTable check, String service) {
    long failures = positive(check, "maxFailed").orElse(1L);
    if (failures <= HealthChecks.MAX_FAILURES) {
      text.put(service, "health_failures", failures);
    } else {
      text.notImported(check.name("maxFailed"), "expected 1 to " + HealthChecks.MAX_FAILURES);
    }
    healthTime(check, "intervalSeconds", service, "health_interval");
    healthTime(check, "timeoutSeconds", service, "health_timeout");
  }

  private void healthTime(SourceTable check, String key, String service, String ours) {
    positive(check, key)
        .ifPresent(seconds -> {
          if (seconds <= HealthChecks.MAX_TIME.toSeconds()) {
            text.put(service, ours, seconds);
          } else {
            text.notImported(check.name(key), "expected a day at most");
          }
        });
  }

  private static Optional<Long> positive(SourceTable table, String key) {
    return table.take(key, Long.class).filter(number -> number > 0);
  }

  /** Both programs limit each direction; the side that does so has no effect on visitors. */
  private void bandwidth(SourceTable transport, String service, String limit) {
    transport.take("bandwidthLimitMode", String.class);
    Matcher form = BANDWIDTH.matcher(limit.strip());
    double count = form.matches() ? Double.parseDouble(form.group(1)) : 0;
    long kibibytes = (long) (form.matches() && form.group(2).equals("MB") ? count * KIBI : count);
    if (0 < kibibytes && kibibytes <= MAX_KIBIBYTES) {
      text.put(Importer.serviceTable(SERVER, service), "max_bandwidth", kibibytes + "K");
    } else {
      text.notImported(transport.name("bandwidthLimit"), "expected a number of KB or MB");
    }
  }

  private static String reason(String type) {
    return switch (type) {
      case "http", "https" -> "services by host name are not supported yet";
      default -> "no equivalent of the type " + type;
    };
  }

  private static boolean isPort(long number) {
    return 1 <= number && number <= MAX_PORT;
  }

  private static String address(String host, Optional<Long> port) {
    String bracketed = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    return bracketed + ":" + port.orElse(DEFAULT_PORT);
  }
}
