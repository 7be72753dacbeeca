package culvert.cli.option;

import culvert.setting.Setting;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Names of environment variables: those of options and positional parameters, now and in earlier
 * versions, and those that a platform creates.
 */
final class VariableNames {

  static final String PREFIX = "CULVERT_";

  /** By an option's name, or by the label of a positional parameter. */
  private static final Map<String, String> OF_BORE =
      Map.of(
          "--to", "BORE_SERVER",
          "--secret", "BORE_SECRET",
          "--secret-file", "BORE_SECRET_FILE",
          "LOCAL_PORT", "BORE_LOCAL_PORT",
          "--min-port", "BORE_MIN_PORT",
          "--max-port", "BORE_MAX_PORT");

  private static final Set<String> OF_SETTINGS =
      Arrays.stream(Setting.values())
          .filter(setting -> !setting.isOfFileOnly())
          .map(Setting::variable)
          .collect(Collectors.toSet());

  /** Variables of the Kubernetes services {@code culvert} and {@code culvert-…}. */
  private static final Pattern OF_KUBERNETES =
      Pattern.compile("CULVERT_(\\w+_)?(SERVICE_\\w+|PORT(_[0-9]\\w*)?)");

  /** Variables of a container that is linked under such a name (Docker's {@code --link}). */
  private static final Pattern OF_DOCKER = Pattern.compile("CULVERT_(\\w+_)?ENV_\\w+");

  /** The path of a linked container: the container that has the link, and the link's name. */
  private static final Pattern LINK = Pattern.compile("/[^/]+/[^/]+");

  private VariableNames() {}

  /**
   * Returns the name of the argument's variable; in the commands of bore, that which bore defines
   * for it. Empty if it has no variable.
   */
  static Optional<String> current(ArgSpec argument) {
    return isOfBore(argument) && OF_BORE.containsKey(name(argument))
        ? Optional.of(OF_BORE.get(name(argument)))
        : setting(argument).map(Setting::variable);
  }

  /**
   * Returns the names that the variable had in earlier versions: first one that was made of the
   * option's name, then those of the option's former names.
   */
  static List<String> former(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || setting(argument).isEmpty()) {
      return List.of();
    }
    String current = current(argument).orElseThrow();
    Stream<String> names = current.startsWith(PREFIX) ? Stream.of(name(option)) : Stream.of();
    return Stream.concat(names, Arrays.stream(option.names()).filter(FormerNames::has))
        .map(VariableNames::ofOption)
        .filter(name -> !name.equals(current))
        .toList();
  }

  /** Returns whether the variable's name is made of the option's name, as most are. */
  static boolean isRegular(ArgSpec argument) {
    return argument instanceof OptionSpec option
        && current(argument).filter(name -> !name.equals(ofOption(name(option)))).isEmpty();
  }

  /** Returns whether a setting of any command has this variable. */
  static boolean isOfSetting(String name) {
    return OF_SETTINGS.contains(name);
  }

  /** Returns whether Kubernetes or Docker creates variables with this name by themselves. */
  static boolean isOfPlatform(String name) {
    return OF_KUBERNETES.matcher(name).matches() || OF_DOCKER.matcher(name).matches();
  }

  /**
   * Returns whether Kubernetes or Docker creates this value of a variable: a service's URL, or the
   * path of a linked container.
   */
  static boolean isOfPlatform(String name, String value) {
    return isOfPlatform(name) && value.contains("://")
        || name.endsWith("_NAME") && LINK.matcher(value).matches();
  }

  /** Returns whether the argument belongs to one of the commands of bore. */
  static boolean isOfBore(ArgSpec argument) {
    CommandSpec parent = argument.command() == null ? null : argument.command().parent();
    return parent != null && parent.name().equals(Environment.BORE_COMMAND);
  }

  private static Optional<Setting> setting(ArgSpec argument) {
    return argument instanceof OptionSpec option ? OptionSettings.of(option) : Optional.empty();
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? FormerNames.name(option) : argument.paramLabel();
  }

  private static String ofOption(String option) {
    return PREFIX + option.replaceFirst("^--", "").replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
