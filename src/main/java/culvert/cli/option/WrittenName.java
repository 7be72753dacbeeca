package culvert.cli.option;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The name of a setting as the user has written it: the option on the command line, under its
 * current or an earlier name, or the environment variable. The current option's name if the setting
 * is not set.
 */
public final class WrittenName {

  private WrittenName() {}

  /**
   * Returns the name of a setting of a command that has been parsed.
   *
   * @param option the option's current name; returned as it is if the command has no such option
   */
  public static String of(CommandSpec command, String option) {
    OptionSpec found = command.findOption(option);
    if (found == null) {
      return option;
    }
    List<String> arguments = command.root().commandLine().getParseResult().originalArgs();
    return of(found, arguments, (Environment) command.commandLine().getDefaultValueProvider());
  }

  /** Returns the name of an option or positional parameter, given the command line. */
  public static String of(ArgSpec argument, List<String> arguments, Environment environment) {
    if (!(argument instanceof OptionSpec option)) {
      return environment.source(argument).orElse(argument.paramLabel());
    }
    return onCommandLine(option, arguments)
        .or(() -> environment.source(option))
        .orElseGet(() -> FormerNames.name(option));
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
