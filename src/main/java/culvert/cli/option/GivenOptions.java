package culvert.cli.option;

import culvert.setting.Setting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The options that a command line has.
 *
 * @param command the name of the command
 * @param values their texts as written, without variables and defaults
 * @param positional the other arguments
 */
public record GivenOptions(String command, Map<Setting, String> values, List<String> positional) {

  /** Copies the collections. */
  public GivenOptions {
    values = Map.copyOf(values);
    positional = List.copyOf(positional);
  }

  /** Returns whether a result is a request for help or for the version, or names no command. */
  public static boolean isHelp(ParseResult result) {
    ParseResult last = innermost(result);
    return last.isUsageHelpRequested()
        || last.isVersionHelpRequested()
        || !last.commandSpec().subcommands().isEmpty();
  }

  private static ParseResult innermost(ParseResult result) {
    ParseResult last = result;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last;
  }

  /** Returns the options of the innermost command of a result. */
  public static GivenOptions of(ParseResult result) {
    ParseResult last = innermost(result);
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (OptionSpec option : last.matchedOptions()) {
      OptionSettings.of(option)
          .ifPresent(
              setting -> values.put(setting, String.join(",", option.originalStringValues())));
    }
    return new GivenOptions(
        last.commandSpec().name(),
        values,
        last.matchedPositionals().stream()
            .flatMap(argument -> argument.originalStringValues().stream())
            .toList());
  }
}
