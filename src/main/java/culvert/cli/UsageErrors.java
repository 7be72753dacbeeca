package culvert.cli;

import culvert.cli.option.Environment;
import culvert.cli.option.FormerNames;
import culvert.cli.option.MissingSettings;
import culvert.cli.option.WrittenName;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.setting.NearestWord;
import culvert.setting.PasswordGuess;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Prints one line about an invalid command line. The line never contains a secret. */
final class UsageErrors implements IParameterExceptionHandler {

  private static final String LONG_OPTION = "--[a-z-]+(=.*)?";
  private static final String SHORT_OPTION = "-[A-Za-z]";

  /** A secret may follow its option without a space. */
  private static final String SECRET_ATTACHED = "--(secret|auth|bounce-auth|bore-secret)[a-z].*";

  private final ErrorLines lines;
  private final Environment environment;

  UsageErrors(ErrorLines lines, Environment environment) {
    this.lines = lines;
    this.environment = environment;
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    Optional<String> inFile =
        e instanceof MissingParameterException missing && command.getUnmatchedArguments().isEmpty()
            ? MissingSettings.message(missing, environment)
            : Optional.empty();
    if (inFile.isPresent()) {
      lines.error(name(command), "invalid settings", inFile.get());
      return ExitCode.SETTINGS.code();
    }
    // A mistyped option is the cause of an option that is missing.
    List<String> unmatched = command.getUnmatchedArguments();
    return unmatched.isEmpty()
        ? print(command, message(e, Arrays.asList(arguments)))
        : printUnmatched(command, unmatched, Arrays.asList(arguments));
  }

  /** Prints that the first of these arguments is unknown, and returns the exit code. */
  int printUnmatched(CommandLine command, List<String> unmatched, List<String> arguments) {
    return print(command, unmatched(command, unmatched, arguments));
  }

  /**
   * Prints the help of a command group that is given without a command, as the log's format allows.
   */
  int printMissingCommand(CommandLine group, PrintStream err) {
    if (lines.isJson()) {
      return print(group, "missing command");
    }
    group.usage(err);
    return ExitCode.USAGE.code();
  }

  private int print(CommandLine command, String message) {
    String hint = " (see '" + command.getCommandSpec().qualifiedName() + " --help')";
    lines.error(name(command), "invalid command line", message + hint);
    return ExitCode.USAGE.code();
  }

  /** Returns the name without that of the program, unless there is no other. */
  static String name(CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    return name.substring(name.indexOf(' ') + 1);
  }

  private String message(ParameterException e, List<String> arguments) {
    return switch (e) {
      case MissingParameterException missing -> missing(missing, arguments);
      case OverwrittenOptionException repeated ->
          WrittenName.of(repeated.getOverwritten(), arguments, environment)
              + " is given more than once";
      case ParameterException invalid
          when invalid.getArgSpec() != null
              && invalid.getCause() instanceof TypeConversionException reason ->
          "invalid value"
              + (PasswordGuess.mayHavePassword(invalid.getValue())
                  ? ""
                  : " '" + invalid.getValue() + "'")
              + " for "
              + WrittenName.of(invalid.getArgSpec(), arguments, environment)
              + ": "
              + reason.getMessage();
      default -> e.getMessage();
    };
  }

  /** picocli's own message would repeat the next argument, which may be a secret. */
  private String missing(MissingParameterException e, List<String> arguments) {
    for (ArgSpec argument : e.getMissing()) {
      if (argument instanceof OptionSpec option && isGiven(option, arguments)) {
        return "option " + WrittenName.of(option, arguments, environment) + " needs a value";
      }
    }
    return e.getMissing().stream()
        .map(argument -> usage(argument, arguments))
        .collect(Collectors.joining(" and ", "missing ", ""));
  }

  private String usage(ArgSpec argument, List<String> arguments) {
    return argument instanceof OptionSpec option
        ? WrittenName.of(option, arguments, environment) + " " + argument.paramLabel()
        : argument.paramLabel();
  }

  private static boolean isGiven(OptionSpec option, List<String> arguments) {
    return WrittenName.onCommandLine(option, arguments).isPresent();
  }

  /**
   * Names the first unknown option. Any other unknown argument is repeated only if no option stands
   * before it: it may be a secret that lost its option or its quotes.
   */
  private static String unmatched(
      CommandLine command, List<String> unmatched, List<String> arguments) {
    for (String argument : unmatched) {
      if (argument.matches(LONG_OPTION) && !argument.matches(SECRET_ATTACHED)
          || argument.matches(SHORT_OPTION)) {
        String option = argument.split("=", 2)[0];
        return unknown("option", option, optionNames(command));
      }
    }
    String word = unmatched.getFirst();
    if (mayBeSecret(word, arguments)) {
      return "unexpected argument";
    }
    List<String> commands = commandNames(command);
    return commands.isEmpty()
        ? "unexpected argument '" + word + "'"
        : unknown("command", word, commands);
  }

  private static boolean mayBeSecret(String word, List<String> arguments) {
    // -1 for the rest of a group of short options.
    int position = arguments.indexOf(word);
    return position < 0
        || arguments.subList(0, position + 1).stream().anyMatch(a -> a.startsWith("-"));
  }

  private static String unknown(String kind, String word, List<String> known) {
    List<String> near = NearestWord.to(word, known);
    String hint = near.isEmpty() ? "" : ": did you mean '" + near.getFirst() + "'?";
    return "unknown " + kind + " '" + word + "'" + hint;
  }

  private static List<String> optionNames(CommandLine command) {
    return command.getCommandSpec().optionsMap().keySet().stream()
        .filter(name -> !FormerNames.has(name))
        .toList();
  }

  private static List<String> commandNames(CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }
}
