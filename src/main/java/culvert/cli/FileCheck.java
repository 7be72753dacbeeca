package culvert.cli;

import culvert.cli.option.FileSettings;
import culvert.cli.option.MissingSettings;
import culvert.cli.option.WrittenName;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.ServiceAddress;
import culvert.config.SettingFileException;
import culvert.config.toml.Block;
import culvert.config.toml.FileValue;
import culvert.config.toml.Key;
import culvert.config.toml.Problem;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

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

  private static final int MAX_PROBLEMS = 100;

  /** The use of a check. */
  private enum Purpose {
    /** Of a file alone. */
    FILE,
    /** Of a file with a command line and variables; the command runs next. */
    START,
    /** Of a file for other hosts, which have the files that it names. */
    OTHER_HOSTS
  }

  private final Purpose purpose;
  private final SettingsFile file;
  private final Map<String, String> variables;
  private final List<String> options;
  private final TreeSet<Problem> problems;

  /** Settings that have a problem already; a further one may be its consequence. */
  private final Set<ServiceSetting> leftOut = new HashSet<>();

  private FileCheck(
      Purpose purpose, SettingsFile file, Map<String, String> variables, List<String> options) {
    this.purpose = purpose;
    this.file = file;
    this.variables = variables;
    this.options = options;
    this.problems = new TreeSet<>(file.problems());
  }

  /** Returns the problems of a file that was read, one line each. */
  static List<String> problems(SettingsFile file) {
    return new FileCheck(Purpose.FILE, file, Map.of(), List.of()).lines();
  }

  /**
   * Returns the problems of a file with the settings of a command line and of variables, which take
   * precedence over the file. The parser of the command line reports its errors later.
   *
   * @param options the command line without the name of the command
   */
  static List<String> atStart(
      SettingsFile file, Map<String, String> variables, List<String> options) {
    return new FileCheck(Purpose.START, file, variables, options).lines();
  }

  /**
   * Returns the problems of a file for other hosts. The key of each is that of a value to leave
   * out; it is empty if a setting is missing.
   */
  static List<Problem> onOtherHosts(SettingsFile file) {
    var check = new FileCheck(Purpose.OTHER_HOSTS, file, Map.of(), List.of());
    check.checkBlocks();
    return List.copyOf(check.problems);
  }

  private void checkBlocks() {
    file.blocks().values().stream().filter(block -> !block.isRathole()).forEach(this::check);
  }

  private List<String> lines() {
    checkBlocks();
    List<String> lines =
        problems.stream().limit(MAX_PROBLEMS).map(problem -> file.file() + " " + problem).toList();
    return problems.size() > MAX_PROBLEMS
        ? Stream.concat(lines.stream(), Stream.of(file.file() + ": and more problems")).toList()
        : lines;
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
    problems.stream()
        .filter(problem -> problem.isSyntax() || problem.isIn(whole.role()))
        .forEach(problem -> leftOut.addAll(problem.settings()));
    Optional<Block> rest = Optional.of(whole);
    while (rest.isPresent() && problems.size() <= MAX_PROBLEMS) {
      rest = checkOnce(rest.get());
    }
  }

  /** Returns the block without the settings of the problem that was found, if one was. */
  private Optional<Block> checkOnce(Block block) {
    CommandLine command = command(block);
    try {
      root(command).parseArgs(arguments(block));
      ((RoleCommand) command.getCommand()).check();
    } catch (SettingException e) {
      SettingMessage message = SettingMessage.of(e);
      List<ServiceSetting> settings =
          message.settings().stream().map(each -> written(block, each)).toList();
      if (purpose != Purpose.OTHER_HOSTS || !(e instanceof SettingFileException)) {
        add(block, settings, message.text(WrittenName.in(command.getCommandSpec())));
      }
      return without(block, settings);
    } catch (ParameterException e) {
      return afterError(block, e);
    } catch (IllegalArgumentException e) {
      add(block, List.of(), e.getMessage());
    }
    return Optional.empty();
  }

  /** Returns the setting of a file instead of that of a client's secret, if that is in a file. */
  private static ServiceSetting written(Block block, ServiceSetting place) {
    return place.setting() == Setting.CLIENT_SECRET && block.values(place).isEmpty()
        ? new ServiceSetting(Setting.CLIENT_SECRET_FILE, place.service())
        : place;
  }

  private CommandLine command(Block block) {
    String name = SettingsFiles.command(block.role());
    return Main.roles(silent(variables), FileSettings.ofCheck(name, block), Set.of(block.role()))
        .getSubcommands()
        .get(name);
  }

  private String[] arguments(Block block) {
    return Stream.concat(Stream.of(SettingsFiles.command(block.role())), options.stream())
        .toArray(String[]::new);
  }

  /** Continues after an error of the parser, which may be about an option. */
  private Optional<Block> afterError(Block block, ParameterException e) {
    if (e instanceof MissingParameterException missing
        && e.getCommandLine().getUnmatchedArguments().isEmpty()) {
      List<ServiceSetting> settings =
          MissingSettings.of(missing).stream().map(ServiceSetting::ofAll).toList();
      if (!settings.isEmpty()) {
        add(block, settings, missing(block, settings));
      }
      return without(block, settings);
    }
    if (purpose == Purpose.START) {
      return Optional.empty();
    }
    List<ServiceSetting> invalid =
        MissingSettings.invalid(e).map(ServiceSetting::ofAll).stream().toList();
    // picocli's own message may have a secret.
    String reason =
        e.getCause() instanceof TypeConversionException cause ? ": " + cause.getMessage() : "";
    add(block, invalid, "invalid value" + reason);
    return without(block, invalid);
  }

  private static String missing(Block block, List<ServiceSetting> settings) {
    return settings.stream()
        .map(each -> block.role().block() + "." + each.setting().key().replace("*", "NAME"))
        .collect(Collectors.joining(" and ", "missing ", ""));
  }

  private static CommandLine root(CommandLine command) {
    return command.getCommandSpec().root().commandLine();
  }

  private void add(Block block, List<ServiceSetting> settings, String message) {
    List<FileValue> given = settings.stream().flatMap(each -> block.values(each).stream()).toList();
    boolean isConsequence =
        settings.stream().anyMatch(each -> isLeftOut(block, each) || isOfLeftOut(block, each));
    // A key may be lost after an error of the syntax.
    boolean isLost = given.isEmpty() && file.problems().stream().anyMatch(Problem::isSyntax);
    if (!isConsequence && !isLost) {
      int blockLine = purpose == Purpose.START ? 0 : block.line();
      int line = given.stream().mapToInt(FileValue::line).findFirst().orElse(blockLine);
      problems.add(
          purpose == Purpose.OTHER_HOSTS
              ? new Problem(line, given.isEmpty() ? "" : given.getLast().name(), message)
              : new Problem(line, "", message + otherLines(line, given)));
    }
  }

  private static String otherLines(int line, List<FileValue> given) {
    return given.stream()
        .map(FileValue::line)
        .filter(each -> each != line)
        .distinct()
        .map(each -> " (see also line " + each + ")")
        .collect(Collectors.joining());
  }

  private boolean isLeftOut(Block block, ServiceSetting setting) {
    return leftOut.contains(setting)
        || leftOut.contains(ServiceSetting.ofAll(setting.setting()))
        || setting.service().isEmpty()
            && block.values(setting).isEmpty()
            && leftOut.stream().anyMatch(each -> each.setting() == setting.setting());
  }

  /** Returns whether the setting belongs to a service whose address is left out. */
  private boolean isOfLeftOut(Block block, ServiceSetting setting) {
    Setting address =
        block.role() == Role.SERVER ? Setting.OUTSIDE_ADDR : Setting.ORIGIN_SERVER_ADDR;
    return !setting.service().isEmpty()
        && leftOut.contains(new ServiceSetting(address, setting.service()));
  }

  /**
   * Returns the block without the values of these settings, of several services only the last; or,
   * if it has none, with a value that stands for the missing one, so that the other settings can be
   * checked. Empty if neither helps.
   */
  private Optional<Block> without(Block block, List<ServiceSetting> settings) {
    List<ServiceSetting> all =
        settings.stream()
            .filter(each -> !each.service().isEmpty())
            .reduce((earlier, later) -> later)
            .map(List::of)
            .orElse(settings);
    Set<ServiceSetting> removed =
        all.stream()
            .filter(each -> !isLeftOut(block, each) && !block.values(each).isEmpty())
            .collect(Collectors.toSet());
    leftOut.addAll(all);
    if (!removed.isEmpty()) {
      return Optional.of(block.without(removed));
    }
    return all.stream()
        .map(ServiceSetting::setting)
        .filter(each ->
            STAND_INS.containsKey(each) && block.values(ServiceSetting.ofAll(each)).isEmpty())
        .findFirst()
        .map(each -> block.with(each, standIn(block, each)));
  }

  private static FileValue standIn(Block block, Setting setting) {
    String service = setting.key().contains("*") ? ServiceAddress.DEFAULT_NAME : "";
    return new FileValue(Key.of(setting), "", block.line(), service, STAND_INS.get(setting));
  }

  /** Returns a terminal without variables, for commands that are parsed and not run. */
  static Terminal silent() {
    return silent(Map.of());
  }

  /** Returns a terminal with these variables that prints nothing. */
  static Terminal silent(Map<String, String> variables) {
    return new Terminal(
        InputStream.nullInputStream(),
        new PrintStream(OutputStream.nullOutputStream()),
        new PrintStream(OutputStream.nullOutputStream()),
        variables,
        new Stop(),
        action -> {});
  }
}
