package culvert.cli.option;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options from environment variables: {@code CULVERT_CONTROL_ADDR} for {@code
 * --control-addr}. The command line takes precedence over a variable, and a variable over the
 * default. In the commands of bore, a variable that bore defines replaces ours.
 */
public final class Environment implements IDefaultValueProvider {

  /** The name of the command group whose options have the variables that bore defines. */
  public static final String BORE_COMMAND = "bore";

  /** By an option's name, or by the label of a positional parameter. */
  private static final Map<String, String> OF_BORE =
      Map.of(
          "--to", "BORE_SERVER",
          "--secret", "BORE_SECRET",
          "--secret-file", "BORE_SECRET_FILE",
          "LOCAL_PORT", "BORE_LOCAL_PORT",
          "--min-port", "BORE_MIN_PORT",
          "--max-port", "BORE_MAX_PORT");

  private final Map<String, String> variables;

  /** Reads the given variables, by name. */
  public Environment(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    return source(argument)
        .map(variables::get)
        .or(() -> isLogLevelOfBore(argument) ? rustLog() : Optional.empty())
        .orElse(null);
  }

  /** Returns the name of the variable that is set for the argument, if one is. */
  Optional<String> source(ArgSpec argument) {
    return names(argument).stream().filter(variables::containsKey).findFirst();
  }

  /** Returns the variable that bore defines for the argument, if the command is one of bore's. */
  static Optional<String> variableOfBore(ArgSpec argument) {
    String name =
        argument instanceof OptionSpec option ? FormerNames.name(option) : argument.paramLabel();
    return isOfBore(argument) ? Optional.ofNullable(OF_BORE.get(name)) : Optional.empty();
  }

  /** Returns the names of the argument's variables: the current one, then those of old names. */
  private static List<String> names(ArgSpec argument) {
    Optional<String> ofBore = variableOfBore(argument);
    if (ofBore.isPresent()) {
      return List.of(ofBore.get());
    }
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return List.of();
    }
    // An option without a long name has no variable.
    Stream<String> former = Stream.of(option.names()).filter(FormerNames::has);
    return Stream.concat(Stream.of(FormerNames.name(option)), former)
        .filter(name -> name.startsWith("--"))
        .map(Environment::variable)
        .toList();
  }

  private static String variable(String option) {
    return "CULVERT_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private static boolean isLogLevelOfBore(ArgSpec argument) {
    return argument instanceof OptionSpec option
        && isOfBore(argument)
        && option.longestName().equals("--log-level");
  }

  private Optional<String> rustLog() {
    return RustLogLevel.level(variables.getOrDefault("RUST_LOG", ""))
        .map(level -> level.name().toLowerCase(Locale.ROOT));
  }

  private static boolean isOfBore(ArgSpec argument) {
    CommandSpec parent = argument.command() == null ? null : argument.command().parent();
    return parent != null && parent.name().equals(BORE_COMMAND);
  }
}
