package culvert.cli.option;

import culvert.setting.Setting;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The settings that an exception of the parser is about: those that are missing, or invalid. */
public final class MissingSettings {

  private MissingSettings() {}

  /**
   * Returns the message about missing settings of a role with a settings file, which names their
   * keys; empty without a file.
   */
  public static Optional<String> message(MissingParameterException e, Environment environment) {
    List<String> keys =
        of(e).stream().flatMap(setting -> environment.file().unset(setting).stream()).toList();
    return keys.isEmpty() ? Optional.empty() : Optional.of("missing " + String.join(" and ", keys));
  }

  /** Returns the setting whose value the parser rejected, if the exception names it. */
  public static Optional<Setting> invalid(ParameterException e) {
    return e.getArgSpec() instanceof OptionSpec option
        ? OptionSettings.of(option)
        : Optional.empty();
  }

  /** Returns the settings that are missing. */
  public static List<Setting> of(MissingParameterException e) {
    return e.getMissing().stream()
        .flatMap(argument ->
            argument instanceof OptionSpec option
                ? OptionSettings.of(option).stream()
                : Stream.of())
        .toList();
  }
}
