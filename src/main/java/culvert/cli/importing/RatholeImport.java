package culvert.cli.importing;

import culvert.config.toml.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Imports a file of rathole: the native protocol takes the place of rathole's. */
final class RatholeImport {

  private static final List<String> BLOCKS = List.of("server", "client");

  private final SettingsText text;

  private RatholeImport(SettingsText text) {
    this.text = text;
  }

  /** Returns the settings of a file. */
  static SettingsText of(Path file) {
    var text = new SettingsText(file.getFileName() + " of rathole");
    var root = new SourceTable("", Importer.parse(file).root(), text);
    for (String block : BLOCKS) {
      if (root.table().find(block).isPresent()) {
        new RatholeImport(text).block(block, root.inner(block));
      }
    }
    root.rejectOthers();
    return text;
  }

  private void block(String block, SourceTable source) {
    boolean isServer = block.equals("server");
    String address = isServer ? "bind_addr" : "remote_addr";
    source.with(address, String.class, given -> text.put(block, address, given));
    Optional<String> common = source.take("default_token", String.class);
    List<SourceTable> services = services(source);
    secret(block, common, services);
    Importer.heartbeat(
        text,
        block,
        source.take("heartbeat_interval", Long.class),
        source.take("heartbeat_timeout", Long.class));
    source.with("retry_interval", Long.class, seconds -> retryInterval(block, seconds));
    retries(source);
    transport(block, source.inner("transport"));
    services.forEach(service -> service(block, isServer, service));
    source.rejectOthers();
  }

  private void retryInterval(String block, long seconds) {
    if (seconds > 0) {
      text.put(block, "retry_interval", seconds);
    } else {
      text.notImported(block + ".retry_interval", "zero is not supported");
    }
  }

  private void retries(SourceTable source) {
    source
        .take("max_retries", Long.class)
        .filter(max -> max > 0)
        .ifPresent(max -> text.notImported(source.name("max_retries"), "no limit; see fail_fast"));
  }

  private List<SourceTable> services(SourceTable block) {
    var services = new TreeMap<String, SourceTable>();
    SourceTable source = block.inner("services");
    for (Table.Entry entry : source.table().entries()) {
      if (entry.value() instanceof Table) {
        services.put(entry.name(), source.inner(entry.name()));
      }
    }
    source.rejectOthers();
    return new ArrayList<>(services.values());
  }

  /** One secret for the session takes the place of a token for each service. */
  private void secret(String block, Optional<String> common, List<SourceTable> services) {
    var tokens = new ArrayList<String>();
    for (SourceTable service : services) {
      service.take("token", String.class).or(() -> common).ifPresent(tokens::add);
    }
    if (tokens.stream().distinct().count() > 1) {
      text.notImported(
          block + ".services.*.token",
          "one secret for all services of an origin proxy; that of "
              + services.getFirst().name("token")
              + " is used");
    }
    String setting = block + (common.isPresent() ? ".default_token" : ".services.*.token");
    tokens.stream()
        .findFirst()
        .or(() -> common)
        .ifPresent(token -> text.putSecret(setting, List.of(block), token));
  }

  private void transport(String block, SourceTable source) {
    String table = block + ".transport";
    String type = source.take("type", String.class).orElse("tcp");
    boolean isTls = type.equals("tls");
    if (type.equals("websocket")) {
      isTls = source.inner("websocket").take("tls", Boolean.class).orElse(false);
      text.put(table + ".websocket", "tls", isTls);
    }
    if (type.equals("websocket") || isTls) {
      text.put(table, "type", type);
    }
    if (isTls) {
      tls(table + ".tls", block.equals("server"), source.inner("tls"));
    }
    if (type.equals("noise")) {
      text.note("Noise with the secret takes the place of " + block + ".transport.noise.");
    }
    tcp(table + ".tcp", source.inner("tcp"));
    // A table of another transport has no effect in rathole either.
    List.of("tls", "noise", "websocket").forEach(source::inner);
    source.rejectOthers();
  }

  private void tcp(String table, SourceTable source) {
    source.with("proxy", String.class, proxy -> text.put(table, "proxy", proxy));
    noDelay(source);
    source.rejectOthers();
  }

  private void noDelay(SourceTable source) {
    source
        .take("nodelay", Boolean.class)
        .filter(isSet -> !isSet)
        .ifPresent(isSet -> text.notImported(source.name("nodelay"), "it is always on"));
  }

  private void tls(String table, boolean isServer, SourceTable source) {
    List<String> keys = isServer ? List.of("pkcs12") : List.of("trusted_root", "hostname");
    for (String key : keys) {
      source.with(key, String.class, value -> text.put(table, key, value));
    }
    if (isServer) {
      source.reject(
          "pkcs12_password", "write the password into a file and set pkcs12_password_file");
    }
  }

  private void service(String block, boolean isServer, SourceTable source) {
    String name = source.name("").replaceFirst("^" + block + "\\.services\\.", "");
    name = name.substring(0, name.length() - 1);
    String type = source.take("type", String.class).orElse("tcp");
    if (!type.equals("tcp") && !type.equals("udp")) {
      text.notImported(source.name("type"), "no equivalent of the type " + type);
      return;
    }
    if (!Importer.isName(name)) {
      text.notImported(source.name("bind_addr"), Importer.INVALID_NAME);
      return;
    }
    String key = isServer ? "bind_addr" : "local_addr";
    String table = Importer.serviceTable(block, name);
    if (type.equals("udp")) {
      text.put(table, "type", type);
    }
    source
        .take(key, String.class)
        .ifPresentOrElse(
            address -> text.put(table, key, address),
            () -> text.notImported(source.name(key), "it is missing, and the service needs one"));
    retries(source);
    source
        .take("nodelay", Boolean.class)
        .filter(isSet -> !isSet)
        .ifPresent(isSet -> text.notImported(source.name("nodelay"), "it is always on"));
    source.rejectOthers();
  }
}
