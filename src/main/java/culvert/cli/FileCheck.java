package culvert.cli;

import culvert.cli.option.FileSettings;
import culvert.cli.option.MissingSettings;
import culvert.cli.option.WrittenName;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.ServiceAddress;
import culvert.config.toml.Block;
import culvert.config.toml.FileValue;
import culvert.config.toml.Key;
import culvert.config.toml.Problem;
import culvert.config.toml.SettingsFile;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/**
 * Finds every problem of a settings file. Values that contradict each other are found by the checks
 * of the role itself: the settings of each problem are left out, and the others are checked again.
 */
final class FileCheck {

  /** Valid values of settings that a role needs. */
  private static final Map<Setting, String> STAND_INS =
      Map.of(
          Setting.CONTROL_ADDR, "127.0.0.1:0",
          Setting.OUTSIDE_ADDR, "127.0.0.1:0",
          Setting.REMOTE_PROXY_ADDR, "127.0.0.1:1",
          Setting.ORIGIN_SERVER_ADDR, "127.0.0.1:1");

  private final SettingsFile file;
  private final TreeSet<Problem> problems;

  /** Settings that have a problem already; a further one may be its consequence. */
  private final Set<Setting> leftOut = new HashSet<>();

  private FileCheck(SettingsFile file) {
    this.file = file;
    this.problems = new TreeSet<>(file.problems());
  }

  /** Returns the problems of a file that was read, one line each. */
  static List<String> problems(SettingsFile file) {
    var check = new FileCheck(file);
    file.blocks().values().stream().filter(block -> !block.isRathole()).forEach(check::check);
    return check.problems.stream().map(problem -> file.file() + " " + problem).toList();
  }

  /** Returns the message that a block of rathole cannot be run. */
  static String notServed(Block block) {
    return "line "
        + block.line()
        + ": ["
        + block.role().block()
        + "] has tokens and no secret: it is a block of the rathole protocol, which is not served"
        + " yet; set a secret for the native protocol";
  }

  private void check(Block whole) {
    leftOut.clear();
    problems.forEach(problem -> leftOut.addAll(problem.settings()));
    Optional<Block> rest = Optional.of(whole);
    while (rest.isPresent()) {
      rest = checkOnce(rest.get());
    }
  }

  /** Returns the block without the settings of the problem that was found, if one was. */
  private Optional<Block> checkOnce(Block block) {
    String name = SettingsFiles.command(block.role());
    CommandLine command =
        Main.roles(silent(), FileSettings.ofCheck(name, block), Set.of(block.role()))
            .getSubcommands()
            .get(name);
    try {
      root(command).parseArgs(name);
      ((RoleCommand) command.getCommand()).check();
    } catch (SettingException e) {
      SettingMessage message = SettingMessage.of(e);
      List<String> services = message.services();
      add(block, message.settings(), message.text(WrittenName.in(command.getCommandSpec())));
      return services.isEmpty()
          ? without(block, message.settings())
          : Optional.of(block.withoutServices(Set.of(services.getLast())));
    } catch (MissingParameterException e) {
      List<Setting> missing = MissingSettings.of(e);
      add(block, missing, missing(block, missing));
      return without(block, missing);
    } catch (IllegalArgumentException | ParameterException e) {
      add(block, List.of(), e.getMessage());
    }
    return Optional.empty();
  }

  private static String missing(Block block, List<Setting> settings) {
    return settings.stream()
        .map(setting -> block.role().block() + "." + setting.key().replace("*", "NAME"))
        .collect(Collectors.joining(" and ", "missing ", ""));
  }

  private static CommandLine root(CommandLine command) {
    return command.getCommandSpec().root().commandLine();
  }

  private void add(Block block, List<Setting> settings, String message) {
    List<FileValue> given =
        settings.stream().flatMap(each -> values(block, each).stream()).toList();
    boolean isConsequence = settings.stream().anyMatch(leftOut::contains);
    // A key may be lost after an error of the syntax.
    boolean isLost = given.isEmpty() && file.problems().stream().anyMatch(Problem::isSyntax);
    if (!isConsequence && !isLost) {
      int line = given.stream().mapToInt(FileValue::line).findFirst().orElse(block.line());
      problems.add(new Problem(line, "", message));
    }
  }

  /**
   * Returns the block without the values of these settings; or, if it has none, with a value that
   * stands for the missing one, so that the other settings can be checked. Empty if neither helps.
   */
  private Optional<Block> without(Block block, List<Setting> settings) {
    Set<Setting> removed =
        settings.stream()
            .filter(setting -> !leftOut.contains(setting) && !values(block, setting).isEmpty())
            .collect(Collectors.toSet());
    leftOut.addAll(settings);
    if (!removed.isEmpty()) {
      return Optional.of(block.without(removed));
    }
    return settings.stream()
        .filter(setting -> STAND_INS.containsKey(setting) && values(block, setting).isEmpty())
        .findFirst()
        .map(setting -> block.with(setting, standIn(block, setting)));
  }

  private static FileValue standIn(Block block, Setting setting) {
    String service = setting.key().contains("*") ? ServiceAddress.DEFAULT_NAME : "";
    return new FileValue(Key.of(setting), "", block.line(), service, STAND_INS.get(setting));
  }

  private static Collection<FileValue> values(Block block, Setting setting) {
    return block.values().getOrDefault(setting, List.of());
  }

  /** Returns a terminal without variables, for commands that are parsed and not run. */
  static Terminal silent() {
    return new Terminal(
        InputStream.nullInputStream(),
        new PrintStream(OutputStream.nullOutputStream()),
        new PrintStream(OutputStream.nullOutputStream()),
        Map.of(),
        new Stop(),
        action -> {});
  }
}
