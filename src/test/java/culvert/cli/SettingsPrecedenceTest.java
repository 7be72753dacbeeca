package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.option.FileSettings;
import culvert.cli.option.FormerNames;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.FileFingerprint;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import culvert.setting.Setting;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** For each setting of the three roles: the flag, then the variable, then the file. */
class SettingsPrecedenceTest {

  /** Three valid texts for settings that do not accept any text. */
  private static final Map<Setting, List<String>> TEXTS = new EnumMap<>(Setting.class);

  static {
    for (Setting setting :
        List.of(
            Setting.CONTROL_ADDR,
            Setting.REMOTE_PROXY_ADDR,
            Setting.BORE_ADDR,
            Setting.CONSOLE_ADDR,
            Setting.OUTSIDE_ADDR,
            Setting.ORIGIN_SERVER_ADDR)) {
      TEXTS.put(setting, List.of("a:1", "b:2", "c:3"));
    }
    TEXTS.put(Setting.CONTROL_VIA, List.of("bounce://a:1/1", "bounce://a:1/2", "bounce://a:1/3"));
    TEXTS.put(Setting.PORT_RANGE, List.of("1-2", "1-3", "1-4"));
    TEXTS.put(Setting.ACCEPT_PROXY_PROTOCOL, List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"));
    TEXTS.put(Setting.ALLOW_FROM, List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"));
    TEXTS.put(Setting.DENY_FROM, List.of("::1", "::2", "::3"));
    TEXTS.put(Setting.BALANCE, List.of("source", "least-connections", "round-robin"));
    TEXTS.put(Setting.SOCKET_MODE, List.of("600", "660", "666"));
    TEXTS.put(Setting.HEALTH_CHECK, List.of("tcp", "http:/", "http:/health"));
    TEXTS.put(Setting.TRANSPORT, List.of("tls", "noise", "plain"));
    TEXTS.put(Setting.BOUNCE_TRANSPORT, List.of("tls", "wss", "plain"));
    TEXTS.put(Setting.PROTOCOL, List.of("native", "trp", "native"));
    TEXTS.put(Setting.BOUNCE_PROTOCOL, List.of("text", "program", "text"));
    TEXTS.put(Setting.PROXY_PROTOCOL, List.of("v1", "v2", "v1"));
    TEXTS.put(Setting.LOG_LEVEL, List.of("error", "warn", "debug"));
    TEXTS.put(Setting.LOG_FORMAT, List.of("json", "text", "json"));
    TEXTS.put(Setting.CLOSE_WITH_PEER, List.of("7", "8", "9"));
    TEXTS.put(
        Setting.NOISE_PATTERN,
        List.of(
            "Noise_NK_25519_ChaChaPoly_BLAKE2s",
            "Noise_KK_25519_ChaChaPoly_BLAKE2s",
            "Noise_XX_25519_ChaChaPoly_BLAKE2s"));
  }

  private static final Map<Role, Layout> LAYOUTS = SettingsFiles.layouts();

  /** The places of a value, with the position of its text in the lists of texts. */
  private static final int FLAG = 0;

  private static final int VARIABLE = 1;
  private static final int FILE = 2;

  @ParameterizedTest
  @EnumSource
  void flagPrecedesVariableAndVariablePrecedesFile(Role role) {
    FileSettings file = file(role);
    Map<String, String> variables =
        keys(role).stream()
            .collect(Collectors.toMap(key -> setting(key).variable(), key -> text(key, VARIABLE)));
    String[] ofFile = flags(role, FILE);
    String[] ofVariables = flags(role, VARIABLE);
    String[] flags = flags(role, FLAG);
    assertThat(values(role, file, Map.of()))
        .isEqualTo(values(role, FileSettings.NONE, Map.of(), ofFile));
    assertThat(values(role, file, variables))
        .isEqualTo(values(role, FileSettings.NONE, Map.of(), ofVariables));
    assertThat(values(role, file, variables, flags))
        .isEqualTo(values(role, FileSettings.NONE, Map.of(), flags));
  }

  /** The three texts differ, so that a value of the wrong place is found. */
  @ParameterizedTest
  @EnumSource
  void textsOfEachPlaceDiffer(Role role) {
    Map<Setting, String> ofFile = values(role, FileSettings.NONE, Map.of(), flags(role, FILE));
    Map<Setting, String> ofVariables =
        values(role, FileSettings.NONE, Map.of(), flags(role, VARIABLE));
    Map<Setting, String> ofFlags = values(role, FileSettings.NONE, Map.of(), flags(role, FLAG));
    for (Setting setting : ofFile.keySet()) {
      assertThat(ofVariables.get(setting))
          .as(setting.name())
          .isNotIn(ofFile.get(setting), ofFlags.get(setting));
    }
    assertThat(ofFile).hasSizeGreaterThan(25);
  }

  /** A parser that toggles would turn off what the file or the variable turned on. */
  @ParameterizedTest
  @EnumSource
  void flagWithoutAValueSetsABooleanThatIsSetAlready(Role role) {
    List<Key> booleans = keys(role).stream().filter(key -> key.kind() == Kind.BOOLEAN).toList();
    FileSettings file =
        file(role, key -> key.kind() == Kind.BOOLEAN ? "true" : textInFile(key, FILE));
    for (Key key : booleans) {
      Setting setting = setting(key);
      Map<String, String> variables = Map.of(setting.variable(), "true");
      assertThat(values(role, file, Map.of(), setting.flag()))
          .as("%s", setting)
          .containsEntry(setting, "true");
      assertThat(values(role, FileSettings.NONE, variables, required(role, setting.flag())))
          .as("%s", setting)
          .containsEntry(setting, "true");
    }
    assertThat(booleans.isEmpty()).isEqualTo(role == Role.SERVER);
  }

  private static String[] required(Role role, String flag) {
    Stream<String> required =
        role == Role.CLIENT
            ? Stream.of("--remote-proxy-addr=a:1", "--origin-server-addr=1")
            : Stream.of();
    return Stream.concat(required, Stream.of(flag)).toArray(String[]::new);
  }

  @ParameterizedTest
  @EnumSource
  void everyOptionOfTheRoleHasAKey(Role role) {
    List<String> options =
        Main.roles(terminal(Map.of()), FileSettings.NONE, Set.of(role))
            .getSubcommands()
            .get(SettingsFiles.command(role))
            .getCommandSpec()
            .options()
            .stream()
            .filter(option -> !option.usageHelp() && !option.versionHelp())
            .flatMap(option -> Stream.of(option.names()))
            .filter(name -> name.startsWith("--") && !name.equals("--config"))
            .filter(name -> !FormerNames.has(name))
            .toList();
    List<String> flags = keys(role).stream().map(key -> setting(key).flag()).toList();
    assertThat(flags).containsExactlyInAnyOrderElementsOf(options);
  }

  /** Returns the keys of options; not the second one that a rule has for all services. */
  private static List<Key> keys(Role role) {
    return LAYOUTS.get(role).keys().values().stream()
        .filter(key -> key.setting().filter(setting -> !setting.isOfFileOnly()).isPresent())
        .filter(key -> setting(key).key().equals(key.path()))
        .toList();
  }

  private static Setting setting(Key key) {
    return key.setting().orElseThrow();
  }

  private static String textInFile(Key key, int place) {
    return switch (key.kind()) {
      case TEXT -> TEXTS.getOrDefault(setting(key), List.of("a", "b", "c")).get(place);
      case INTEGER -> List.of("1", "2", "3").get(place);
      case BOOLEAN -> List.of("true", "false", "true").get(place);
      case DURATION -> List.of("1s", "2s", "3s").get(place);
      case SIZE -> List.of("1K", "2K", "3K").get(place);
    };
  }

  /** Returns the text in the form of the option, which names the service. */
  private static String text(Key key, int place) {
    return (key.path().contains("*") ? "web=" : "") + textInFile(key, place);
  }

  private static String[] flags(Role role, int place) {
    return keys(role).stream()
        .map(key -> setting(key).flag() + "=" + text(key, place))
        .toArray(String[]::new);
  }

  private static FileSettings file(Role role) {
    return file(role, key -> textInFile(key, FILE));
  }

  private static FileSettings file(Role role, Function<Key, String> texts) {
    var toml = new StringBuilder("[" + role.block() + "]\n");
    for (Key key : keys(role)) {
      boolean isBare = key.kind() == Kind.INTEGER || key.kind() == Kind.BOOLEAN;
      String text = texts.apply(key);
      toml.append(key.path().replace("*", "web"))
          .append(" = ")
          .append(isBare ? text : '"' + text + '"')
          .append('\n');
    }
    var file = SettingsFile.parse(Path.of("file.toml"), toml.toString(), LAYOUTS, Map.of());
    assertThat(file.problems()).isEmpty();
    return FileSettings.of(
        SettingsFiles.command(role), file.file(), new FileFingerprint(""), file.blocks().get(role));
  }

  /** Parses a command line, and returns the values of the options. */
  private static Map<Setting, String> values(
      Role role, FileSettings file, Map<String, String> variables, String... flags) {
    String name = SettingsFiles.command(role);
    CommandLine root = Main.roles(terminal(variables), file, Set.of(role));
    root.parseArgs(Stream.concat(Stream.of(name), Stream.of(flags)).toArray(String[]::new));
    var command = root.getSubcommands().get(name).getCommandSpec();
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (Key key : keys(role)) {
      Object value = command.findOption(setting(key).flag()).getValue();
      values.put(setting(key), String.valueOf(value));
    }
    return values;
  }

  private static Terminal terminal(Map<String, String> variables) {
    return new Terminal(
        InputStream.nullInputStream(), System.out, System.err, variables, new Stop(), action -> {});
  }
}
