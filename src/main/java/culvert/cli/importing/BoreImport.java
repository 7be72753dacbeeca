package culvert.cli.importing;

import culvert.cli.option.GivenOptions;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Imports a command line of bore, which has the options of Culvert's commands of that name. */
final class BoreImport {

  private static final String CONTROL_PORT = "7835";
  private static final String SERVICE = "bore";
  private static final String EVERY_HOST = "0.0.0.0";
  private static final String SERVER = Role.SERVER.block();
  private static final String CLIENT = Role.CLIENT.block();

  /** The options that are still to be imported. */
  private final Map<Setting, String> given = new EnumMap<>(Setting.class);

  private final SettingsText text = new SettingsText("a command line of bore");

  private BoreImport(GivenOptions options) {
    given.putAll(options.values());
  }

  /**
   * Returns the settings of a command line.
   *
   * @param options the options of {@code bore local} or {@code bore server} that were parsed
   * @param layouts the keys of each block
   */
  static SettingsText of(GivenOptions options, Map<Role, Layout> layouts) {
    var bore = new BoreImport(options);
    if (options.command().equals("local")) {
      bore.local(options.positional().getFirst());
      bore.others(Role.CLIENT, layouts.get(Role.CLIENT));
    } else {
      bore.server();
      bore.others(Role.SERVER, layouts.get(Role.SERVER));
    }
    return bore.text;
  }

  private void local(String port) {
    text.note("Both hosts need this file: 'culvert run --server' on the public host, 'culvert run");
    text.note("--client' next to the origin server.");
    text.put(SERVER, "bind_addr", EVERY_HOST + ":" + CONTROL_PORT);
    text.put(CLIENT, "remote_addr", withPort(take(Setting.BORE_SERVER, "")));
    secret(List.of(SERVER, CLIENT));
    String outside = take(Setting.BORE_PORT, "0");
    if (outside.equals("0")) {
      text.put(SERVER, "port_range", "1024-65535");
      text.put(CLIENT, "outside_port", 0);
    } else {
      text.put(SERVER + ".services." + SERVICE, "bind_addr", EVERY_HOST + ":" + outside);
    }
    String host = take(Setting.LOCAL_HOST, "localhost");
    text.put(CLIENT + ".services." + SERVICE, "local_addr", bracketed(host) + ":" + port);
  }

  private void server() {
    text.note("Programs of bore need bore.bind_addr, with a port other than that of bind_addr.");
    String host = take(Setting.BIND_ADDR, EVERY_HOST);
    String port = take(Setting.CONTROL_PORT, CONTROL_PORT);
    text.put(SERVER, "bind_addr", bracketed(host) + ":" + port);
    secret(List.of(SERVER));
    String range = take(Setting.MIN_PORT, "1024") + "-" + take(Setting.MAX_PORT, "65535");
    text.put(SERVER, "port_range", bracketed(take(Setting.BIND_TUNNELS, host)) + ":" + range);
  }

  private String take(Setting setting, String otherwise) {
    return Optional.ofNullable(given.remove(setting)).orElse(otherwise);
  }

  private void secret(List<String> blocks) {
    Optional.ofNullable(given.remove(Setting.SECRET))
        .ifPresent(secret -> text.putSecret(Setting.SECRET.flag(), blocks, secret));
    Optional.ofNullable(given.remove(Setting.SECRET_FILE))
        .map(files -> List.of(files.split(",")))
        .ifPresent(files -> blocks.forEach(block -> text.put(block, "secret_file", files)));
  }

  /** Imports the options that the role has under the same name. */
  private void others(Role role, Layout layout) {
    given.forEach((setting, value) ->
        layout
            .find(setting)
            .ifPresentOrElse(
                key -> put(role.block(), key, value),
                () -> text.notImported(setting.flag(), "no equivalent")));
  }

  private void put(String block, Key key, String value) {
    if (key.kind() == Kind.INTEGER) {
      text.put(block, key.path(), Long.parseLong(value));
    } else {
      text.put(block, key.path(), value);
    }
  }

  private static String withPort(String server) {
    boolean hasPort = !isBare(server) && server.lastIndexOf(':') > server.lastIndexOf(']');
    return hasPort ? server : bracketed(server) + ":" + CONTROL_PORT;
  }

  private static boolean isBare(String host) {
    return host.indexOf(':') != host.lastIndexOf(':') && !host.startsWith("[");
  }

  private static String bracketed(String host) {
    return isBare(host) ? "[" + host + "]" : host;
  }
}
