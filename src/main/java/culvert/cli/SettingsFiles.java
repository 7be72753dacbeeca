package culvert.cli;

import culvert.cli.option.FileLayout;
import culvert.cli.option.FileSettings;
import culvert.cli.process.Terminal;
import culvert.config.FileFingerprint;
import culvert.config.toml.Block;
import culvert.config.toml.Layout;
import culvert.config.toml.Problem;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;

/** Reads settings files. No class of the TOML library is loaded for a command line without one. */
final class SettingsFiles {

  private static final Map<Role, String> COMMANDS =
      Map.of(
          Role.SERVER, RemoteProxyCommand.NAME,
          Role.CLIENT, OriginProxyCommand.NAME,
          Role.BOUNCE, BounceServerCommand.NAME);

  /** With one of these no role runs. */
  private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");

  private static final String HELP_WORD = "help";

  /** The name of a file that is an argument and no option. */
  private static final String ARGUMENT = "FILE";

  private SettingsFiles() {}

  /** Returns the command of a role. */
  static String command(Role role) {
    return COMMANDS.get(role);
  }

  /**
   * Returns the settings of the file that a command line names with {@code --config}, or else the
   * variable of that option.
   *
   * @param arguments the command line, which may be invalid
   * @throws InvalidFileException if the file is invalid, or has no block of the role
   */
  static FileSettings of(Terminal terminal, String... arguments) {
    // The command reports a single contradiction, which may be with an option.
    return of(terminal, 1, false, arguments);
  }

  /**
   * Returns the settings of a file that was read at the start of a role and may have changed; see
   * {@link #of(Terminal, String...)}. A table of clients that the file does not have any more stays
   * as an empty one: the removal of the last client must not admit every origin proxy.
   *
   * @param running the settings of the running role
   * @throws InvalidFileException also for a single contradiction
   */
  static FileSettings readAgain(Terminal terminal, FileSettings running, String... arguments) {
    return of(terminal, 0, running.hasClients(), arguments);
  }

  private static FileSettings of(
      Terminal terminal, int contradictions, boolean withClientTable, String... arguments) {
    Optional<Role> role =
        COMMANDS.entrySet().stream()
            .filter(entry -> arguments.length > 0 && entry.getValue().equals(arguments[0]))
            .map(Map.Entry::getKey)
            .findFirst();
    if (role.isEmpty() || isHelp(arguments)) {
      return FileSettings.NONE;
    }
    return named(arguments)
        .or(() ->
            Optional.ofNullable(terminal.environment().get(Setting.CONFIG.variable()))
                .filter(name -> !name.isEmpty()))
        .map(name ->
            settings(
                terminal, Path.of(name), role.get(), contradictions, withClientTable, arguments))
        .orElse(FileSettings.NONE);
  }

  private static boolean isHelp(String... arguments) {
    return Arrays.stream(arguments).anyMatch(HELP::contains)
        || arguments.length > 1 && arguments[1].equals(HELP_WORD);
  }

  private static Optional<String> named(String... arguments) {
    String option = Setting.CONFIG.flag();
    Optional<String> last = Optional.empty();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].startsWith(option + "=")) {
        last = Optional.of(arguments[i].substring(option.length() + 1));
      } else if (arguments[i].equals(option) && i + 1 < arguments.length) {
        last = Optional.of(arguments[i + 1]);
      }
    }
    return last;
  }

  private static FileSettings settings(
      Terminal terminal,
      Path path,
      Role role,
      int contradictions,
      boolean withClientTable,
      String... arguments) {
    // Read first: if the file changes in between, the change is noticed later.
    FileFingerprint fingerprint = fingerprint(path);
    SettingsFile read = only(role, read(terminal, Setting.CONFIG, path));
    SettingsFile file = withClientTable ? read.withClientTable(role) : read;
    List<String> options = List.of(arguments).subList(1, arguments.length);
    List<String> problems = FileCheck.atStart(file, terminal.environment(), options);
    if (!file.problems().isEmpty() || problems.size() > contradictions) {
      throw new InvalidFileException(problems);
    }
    Block block = file.blocks().get(role);
    if (block.isRathole()) {
      throw new InvalidFileException(List.of(path + " " + FileCheck.notServed(block)));
    }
    return FileSettings.of(command(role), path, fingerprint, block);
  }

  /** Returns the fingerprint of a settings file. */
  static FileFingerprint fingerprint(Path path) {
    return FileFingerprint.of(path, SettingsFile.MAX_BYTES);
  }

  /**
   * Returns the file without the blocks of other roles, which may be for another host.
   *
   * @throws InvalidFileException if it has no block of the role, and no problem that explains it
   */
  static SettingsFile only(Role role, SettingsFile whole) {
    SettingsFile file = whole.only(role);
    if (file.blocks().isEmpty() && file.problems().isEmpty()) {
      throw new InvalidFileException(
          List.of(file.file() + ": the file has no block [" + role.block() + "]"));
    }
    return file;
  }

  /**
   * Reads the file of an argument.
   *
   * @throws InvalidFileException if it cannot be read
   */
  static SettingsFile read(Terminal terminal, Path path) {
    return read(terminal, ARGUMENT, path);
  }

  private static SettingsFile read(Terminal terminal, Object source, Path path) {
    try {
      return SettingsFile.read(source, path, layouts(), terminal.environment());
    } catch (SettingException e) {
      throw new InvalidFileException(List.of(e.getMessage()));
    }
  }

  /**
   * Returns the problems of a text that is printed for other hosts; see {@link
   * FileCheck#onOtherHosts}.
   */
  static List<Problem> problemsOnOtherHosts(String text) {
    return FileCheck.onOtherHosts(
        SettingsFile.parse(Path.of("printed"), text, layouts(), Map.of()));
  }

  /** Returns the role of a command. */
  static Role role(String command) {
    return COMMANDS.entrySet().stream()
        .filter(entry -> entry.getValue().equals(command))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** Returns the command of a role, not parsed yet, with the settings of a file. */
  static CommandLine commandLine(Terminal terminal, FileSettings file, Role role) {
    return Main.roles(terminal, file, Set.of(role)).getSubcommands().get(command(role));
  }

  /** Returns the keys of every block. */
  static Map<Role, Layout> layouts() {
    Map<String, CommandLine> commands =
        Main.roles(FileCheck.silent(), FileSettings.NONE, COMMANDS.keySet()).getSubcommands();
    Map<Role, Layout> layouts = new EnumMap<>(Role.class);
    COMMANDS.forEach((role, name) ->
        layouts.put(role, FileLayout.of(role, commands.get(name).getCommandSpec())));
    return layouts;
  }
}
