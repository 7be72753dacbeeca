package culvert.cli;

import culvert.cli.option.FileSettings;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Facts about the keys of settings files, for the schema and the page that list them. */
final class KeyFacts {

  static final Map<Role, Layout> LAYOUTS = SettingsFiles.layouts();

  private static final Map<String, CommandLine> COMMANDS =
      Main.roles(FileCheck.silent(), FileSettings.NONE, Set.of(Role.values())).getSubcommands();

  private static final Pattern WORDS =
      Pattern.compile("expected (?:one of )?(\"?[a-z0-9-]+\"?(?:(?:, | or )\"?[a-z0-9-]+\"?)+)");

  private static final Pattern FLAG = Pattern.compile("--[a-z][a-z-]*");

  private KeyFacts() {}

  /** Returns the words that the message about an invalid value lists; none if any text is valid. */
  static List<String> words(Key key) {
    if (key.kind() != Kind.TEXT) {
      return List.of();
    }
    Matcher list = WORDS.matcher(key.check().apply("?").orElse(""));
    // The bounce server rejects this word with a reason, after the parser.
    String without = key.setting().equals(Optional.of(Setting.BOUNCE_TRANSPORT)) ? "noise" : "";
    return list.matches()
        ? Stream.of(list.group(1).replace("\"", "").split(", | or "))
            .filter(word -> !word.equals(without))
            .toList()
        : List.of();
  }

  /** Returns the default of the option, if it has one that does not depend on other settings. */
  static Optional<String> defaultOf(Role role, Key key) {
    return option(role, key).map(OptionSpec::defaultValue);
  }

  /** Returns the first sentence of the option's description, with keys in place of options. */
  static Optional<String> description(Role role, Key key) {
    return option(role, key)
        .map(option -> String.join(" ", option.description()))
        .map(text -> text.replaceFirst("(?s)(\\.) .*", "$1").replaceFirst(" \\[default.*", ""))
        .map(text -> FLAG.matcher(text).replaceAll(flag -> keyOf(role, flag.group())));
  }

  private static String keyOf(Role role, String flag) {
    return LAYOUTS.get(role).keys().values().stream()
        .filter(key -> key.setting().map(Setting::flag).equals(Optional.of(flag)))
        .findFirst()
        .map(key -> key.path().replace("*", "NAME"))
        .orElse(flag);
  }

  private static Optional<OptionSpec> option(Role role, Key key) {
    return key.setting()
        .map(setting ->
            COMMANDS.get(SettingsFiles.command(role)).getCommandSpec().findOption(setting.flag()));
  }
}
