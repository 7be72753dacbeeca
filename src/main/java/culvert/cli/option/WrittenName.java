package culvert.cli.option;

import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingNames;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The name of a setting as the user has written it: the option on the command line, under its
 * current or an earlier name, the environment variable, or the key in the settings file. The
 * current option's name, or the key if there is a settings file, if the setting is not set.
 */
public final class WrittenName {

  private WrittenName() {}

  /**
   * Returns the names of the settings of a command that has been parsed.
   *
   * @param spec that of the command, or of options that are mixed into it
   */
  public static SettingNames in(CommandSpec spec) {
    CommandSpec command = spec.commandLine().getCommandSpec();
    List<String> arguments = command.root().commandLine().getParseResult().originalArgs();
    var environment = Environment.of(command);
    return new Names(command, arguments, environment);
  }

  /** Names of the settings of one command. */
  private record Names(CommandSpec command, List<String> arguments, Environment environment)
      implements SettingNames {

    @Override
    public Optional<String> written(Setting setting) {
      return OptionSettings.find(command, setting)
          .flatMap(option -> WrittenName.written(option, arguments, environment));
    }

    @Override
    public String unset(Setting setting) {
      return environment.file().unset(setting).orElseGet(setting::flag);
    }

    @Override
    public String of(ServiceSetting ofService) {
      return ofService.setting().isOfFileOnly() || isFromFile(ofService)
          ? environment.file().name(ofService)
          : SettingNames.super.of(ofService);
    }

    private boolean isFromFile(ServiceSetting ofService) {
      return OptionSettings.find(command, ofService.setting())
          .filter(option ->
              source(option, arguments, environment) == Source.FILE
                  || ServiceValues.has(option) && ServiceValues.isOfFile(command, ofService))
          .isPresent();
    }
  }

  /** The places where a setting can be, with the one that takes precedence last. */
  enum Source {
    NONE,
    FILE,
    VARIABLE,
    COMMAND_LINE
  }

  /** Returns the place of a setting of a command that has been parsed. */
  static Source source(CommandSpec spec, Setting setting) {
    CommandSpec command = spec.commandLine().getCommandSpec();
    List<String> arguments = command.root().commandLine().getParseResult().originalArgs();
    return OptionSettings.find(command, setting)
        .map(option -> source(option, arguments, Environment.of(command)))
        .orElse(Source.NONE);
  }

  /** Returns the place of an option's value. */
  private static Source source(OptionSpec option, List<String> arguments, Environment environment) {
    if (onCommandLine(option, arguments).isPresent()) {
      return Source.COMMAND_LINE;
    }
    if (environment.source(option).isPresent()) {
      return Source.VARIABLE;
    }
    return environment.file().value(option).isPresent() ? Source.FILE : Source.NONE;
  }

  /** Returns the name of one setting of a command that has been parsed. */
  public static String of(CommandSpec command, Setting setting) {
    return in(command).of(setting);
  }

  /** Returns the name of an option or positional parameter, given the command line. */
  public static String of(ArgSpec argument, List<String> arguments, Environment environment) {
    if (!(argument instanceof OptionSpec option)) {
      return environment.source(argument).orElse(argument.paramLabel());
    }
    return written(option, arguments, environment).orElseGet(() -> FormerNames.name(option));
  }

  private static Optional<String> written(
      OptionSpec option, List<String> arguments, Environment environment) {
    return onCommandLine(option, arguments)
        .or(() -> environment.source(option))
        .or(() -> environment.file().name(option));
  }

  /** Returns the name under which the option is on the command line, if it is there. */
  public static Optional<String> onCommandLine(OptionSpec option, List<String> arguments) {
    return arguments.stream()
        .flatMap(argument -> nameIn(argument, option).stream())
        .reduce((earlier, later) -> later);
  }

  private static Optional<String> nameIn(String argument, OptionSpec option) {
    return Arrays.stream(option.names())
        .filter(name ->
            argument.equals(name) || argument.startsWith(name + "=") || isAttached(argument, name))
        .findFirst();
  }

  /** Returns whether the argument is a short option with its value, such as {@code -p8000}. */
  private static boolean isAttached(String argument, String name) {
    return !name.startsWith("--") && !argument.startsWith("--") && argument.startsWith(name);
  }
}
