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
 * --control-addr}; then from a settings file. The command line takes precedence over a variable, a
 * variable over the file, and the file over the default; see also {@link ServiceValues}. In the
 * commands of bore, a variable that bore defines replaces Culvert's own. An empty variable counts
 * as not set.
 */
public final class Environment implements IDefaultValueProvider {

  /** The name of the command group whose options have the variables that bore defines. */
  public static final String BORE_COMMAND = "bore";

  private final Map<String, String> variables;
  private final FileSettings file;

  /** Reads the values of options from these variables. */
  public Environment(Map<String, String> variables) {
    this(variables, FileSettings.NONE);
  }

  /** Reads the values of options from these variables, then from a settings file. */
  public Environment(Map<String, String> variables, FileSettings file) {
    this.variables = variables;
    this.file = file;
  }

  /** Returns the environment of a command. */
  static Environment of(CommandSpec command) {
    return (Environment) command.commandLine().getDefaultValueProvider();
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    return variable(argument)
        .or(() -> isLogLevelOfBore(argument) ? rustLog() : Optional.empty())
        .or(() -> file.value(argument))
        .orElse(null);
  }

  /** Returns the value of the argument's variable, if it is set. */
  Optional<String> variable(ArgSpec argument) {
    return source(argument).map(variables::get);
  }

  /** Returns the settings file; {@link FileSettings#NONE} without one. */
  FileSettings file() {
    return file;
  }

  /** Returns the name of the variable that is set for the argument, if one is. */
  Optional<String> source(ArgSpec argument) {
    // A former name that is now the variable of another setting is not read.
    Stream<String> former =
        VariableNames.former(argument).stream().filter(name -> !VariableNames.isOfSetting(name));
    return Stream.concat(VariableNames.current(argument).stream(), former)
        .filter(this::isSetByUser)
        .findFirst();
  }

  /** Returns whether the variable has a value. */
  boolean isSet(String name) {
    return !variables.getOrDefault(name, "").isEmpty();
  }

  /** Returns whether the variable has a value other than one that a platform sets by itself. */
  boolean isSetByUser(String name) {
    return isSet(name) && !VariableNames.isOfPlatform(name, variables.get(name));
  }

  /** Returns the names that begin with the prefix, sorted, empty variables included. */
  List<String> names(String prefix) {
    return variables.keySet().stream().filter(name -> name.startsWith(prefix)).sorted().toList();
  }

  private static boolean isLogLevelOfBore(ArgSpec argument) {
    return argument instanceof OptionSpec option
        && VariableNames.isOfBore(argument)
        && option.longestName().equals("--log-level");
  }

  private Optional<String> rustLog() {
    return RustLogLevel.level(variables.getOrDefault("RUST_LOG", ""))
        .map(level -> level.name().toLowerCase(Locale.ROOT));
  }
}
