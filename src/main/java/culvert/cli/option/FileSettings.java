package culvert.cli.option;

import culvert.config.FileFingerprint;
import culvert.config.FilePermissions;
import culvert.config.toml.Block;
import culvert.config.toml.FileValue;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The settings of one role in a settings file, as values of the options of its command. */
public final class FileSettings {

  private static final FileFingerprint NO_CONTENT = new FileFingerprint("");

  /** No file. */
  public static final FileSettings NONE =
      new FileSettings("", Optional.empty(), NO_CONTENT, Optional.empty(), FileValue::name);

  private final String command;
  private final Optional<Path> file;
  private final FileFingerprint fingerprint;
  private final Optional<Block> block;
  private final Function<FileValue, String> names;

  private FileSettings(
      String command,
      Optional<Path> file,
      FileFingerprint fingerprint,
      Optional<Block> block,
      Function<FileValue, String> names) {
    this.command = command;
    this.file = file;
    this.fingerprint = fingerprint;
    this.block = block;
    this.names = names;
  }

  /**
   * Returns the settings of a block, which messages name by their keys and places.
   *
   * @param command the name of the role's command
   * @param fingerprint that of the file's content
   */
  public static FileSettings of(
      String command, Path file, FileFingerprint fingerprint, Block block) {
    return new FileSettings(
        command,
        Optional.of(file),
        fingerprint,
        Optional.of(block),
        value -> value.name() + " (" + file + " line " + value.line() + ")");
  }

  /** Returns the settings of a block, which messages name by their keys only. */
  public static FileSettings ofCheck(String command, Block block) {
    return new FileSettings(
        command, Optional.empty(), NO_CONTENT, Optional.of(block), FileValue::name);
  }

  /** Returns the settings with which a command was parsed. */
  public static FileSettings in(CommandSpec command) {
    return Environment.of(command).file();
  }

  /** Returns the file. */
  public Optional<Path> file() {
    return file;
  }

  /** Returns the fingerprint of the file's content. */
  public FileFingerprint fingerprint() {
    return fingerprint;
  }

  /**
   * Returns the settings that have another value in a later state of the file, without values that
   * the command line or a variable replaces.
   *
   * @param command has been parsed with these settings
   */
  public Set<Setting> differences(FileSettings later, CommandSpec command) {
    Set<Setting> different = EnumSet.noneOf(Setting.class);
    for (OptionSpec option : command.options()) {
      OptionSettings.of(option)
          .filter(setting ->
              ServiceValues.has(option)
                  ? isDifferent(later, setting, ServiceValues.overridden(command, setting))
                  : isDifferent(later, setting, Set.of()) && isUsed(command, setting))
          .ifPresent(different::add);
    }
    return different;
  }

  private boolean isDifferent(FileSettings later, Setting setting, Set<String> overridden) {
    return !valuesWithout(overridden, setting).equals(later.valuesWithout(overridden, setting));
  }

  private List<String> valuesWithout(Set<String> services, Setting setting) {
    return values(setting).stream()
        .filter(value -> !services.contains(value.service()))
        .map(FileSettings::text)
        .toList();
  }

  /** Neither form of a secret in the file is used if the command line or a variable has one. */
  private static boolean isUsed(CommandSpec command, Setting setting) {
    return TextOrFile.forms(setting).stream().allMatch(form -> isOfFile(command, form));
  }

  private static boolean isOfFile(CommandSpec command, Setting setting) {
    return switch (WrittenName.source(command, setting)) {
      case NONE, FILE -> true;
      case VARIABLE, COMMAND_LINE -> false;
    };
  }

  /** Returns whether the block has a table of clients, which may be empty. */
  public boolean hasClients() {
    return block.filter(Block::hasClients).isPresent();
  }

  /** Returns whether there is a file. */
  public boolean isPresent() {
    return block.isPresent();
  }

  /** Returns the text of an argument of the role's command, if the file has one. */
  Optional<String> value(ArgSpec argument) {
    return setting(argument).flatMap(this::value);
  }

  /** Returns the text of a setting in the form of the option's, if the file has one. */
  Optional<String> value(Setting setting) {
    List<FileValue> all = values(setting);
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(all.stream().map(FileSettings::text).collect(Collectors.joining(",")));
  }

  private static String text(FileValue value) {
    return value.service().isEmpty() ? value.text() : value.service() + "=" + value.text();
  }

  /** Returns the name of an argument of the role's command for messages, if the file has it. */
  Optional<String> name(ArgSpec argument) {
    return setting(argument).flatMap(setting -> values(setting).stream().findFirst()).map(names);
  }

  /** Returns the name of a value of a service or client, also of one that the file lacks. */
  String name(ServiceSetting ofService) {
    return values(ofService.setting()).stream()
        .filter(value -> value.service().equals(ofService.service()))
        .findFirst()
        .map(names)
        .orElseGet(() -> ofService.setting().key().replace("*", ofService.service()));
  }

  /** Returns the key of a setting that the file does not have; empty without a file. */
  Optional<String> unset(Setting setting) {
    return block.map(given -> given.role().block() + "." + setting.key().replace("*", "NAME"));
  }

  private Optional<Setting> setting(ArgSpec argument) {
    return argument instanceof OptionSpec option
            && option.command() != null
            && option.command().name().equals(command)
        ? OptionSettings.of(option)
        : Optional.empty();
  }

  /** Returns the values of a setting in the order of the file. */
  List<FileValue> values(Setting setting) {
    return block.map(given -> given.values().getOrDefault(setting, List.of())).orElse(List.of());
  }

  /** Returns whether a value contains a secret: an outbound proxy has one only with a password. */
  private static boolean hasSecret(FileValue value) {
    return value.key().isSecret()
        && value.isLiteral()
        && (!value.key().setting().equals(Optional.of(Setting.VIA)) || value.text().contains("@"));
  }

  /**
   * Returns warnings about values without effect, and about secrets that others can read.
   *
   * @param written the names of settings as written
   */
  List<String> advice(SettingNames written) {
    var lines = new ArrayList<>(block.map(Block::notes).orElse(List.of()));
    boolean hasSecret =
        block.stream()
            .flatMap(given -> given.values().values().stream())
            .flatMap(List::stream)
            .anyMatch(FileSettings::hasSecret);
    if (hasSecret) {
      file.flatMap(given -> FilePermissions.of(Setting.CONFIG, given))
          .map(message -> message.text(written))
          .ifPresent(lines::add);
    }
    return lines;
  }
}
