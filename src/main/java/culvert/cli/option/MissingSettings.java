package culvert.cli.option;

import culvert.setting.Setting;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;

/** The settings of required options that are missing. */
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

  /** Returns the settings that an exception of the parser names. */
  public static List<Setting> of(MissingParameterException e) {
    return e.getMissing().stream()
        .flatMap(argument ->
            argument instanceof OptionSpec option
                ? OptionSettings.of(option).stream()
                : Stream.of())
        .toList();
  }
}
