package culvert.cli.option;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every option's value may come from {@code CULVERT_} and its name: the flag beats it, it beats the
 * default. What bore has a variable for has that one instead in bore's commands.
 */
public final class Environment implements IDefaultValueProvider {

  /** The name of the command group whose options also have the variables that bore defines. */
  public static final String BORE_COMMAND = "bore";

  /** By an option's name, or the label of what is none. */
  private static final Map<String, String> OF_BORE =
      Map.of(
          "--to", "BORE_SERVER",
          "--secret", "BORE_SECRET",
          "--secret-file", "BORE_SECRET_FILE",
          "LOCAL_PORT", "BORE_LOCAL_PORT",
          "--min-port", "BORE_MIN_PORT",
          "--max-port", "BORE_MAX_PORT");

  private final Map<String, String> variables;

  public Environment(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)) {
      return isOfBore(argument) && OF_BORE.containsKey(argument.paramLabel())
          ? variables.get(OF_BORE.get(argument.paramLabel()))
          : null;
    }
    // An option of one letter only is for who types.
    if (option.usageHelp() || option.versionHelp() || !option.longestName().startsWith("--")) {
      return null;
    }
    String value = variables.get(variable(option));
    return value == null && isOfBore(option) && option.longestName().equals("--log-level")
        ? rustLog()
        : value;
  }

  private String rustLog() {
    return RustLogLevel.level(variables.getOrDefault("RUST_LOG", ""))
        .map(level -> level.name().toLowerCase(Locale.ROOT))
        .orElse(null);
  }

  private static boolean isOfBore(ArgSpec argument) {
    CommandSpec parent = argument.command() == null ? null : argument.command().parent();
    return parent != null && parent.name().equals(BORE_COMMAND);
  }

  /** The variable of an option: {@code --control-addr} is {@code CULVERT_CONTROL_ADDR}. */
  public static String variable(OptionSpec option) {
    String name = option.longestName();
    if (isOfBore(option) && OF_BORE.containsKey(name)) {
      return OF_BORE.get(name);
    }
    return "CULVERT_" + name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
