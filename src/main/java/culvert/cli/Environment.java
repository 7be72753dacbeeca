package culvert.cli;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every option's value may come from {@code CULVERT_} and its name: the flag beats it, it beats the
 * default.
 */
final class Environment implements IDefaultValueProvider {

  private final Map<String, String> variables;

  Environment(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    // An option of one letter only is for who types.
    return option.longestName().startsWith("--") ? variables.get(variable(option)) : null;
  }

  /** The variable of an option: {@code --control-addr} is {@code CULVERT_CONTROL_ADDR}. */
  static String variable(OptionSpec option) {
    return "CULVERT_"
        + option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
