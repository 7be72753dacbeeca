package culvert.cli.option;

import culvert.setting.Setting;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Finds the setting of an option, and the option of a setting. */
final class OptionSettings {

  private OptionSettings() {}

  /** Returns the setting of an option; empty for help, version and options without a long name. */
  static Optional<Setting> of(OptionSpec option) {
    if (option.userObject() instanceof Field field && field.isAnnotationPresent(SettingId.class)) {
      return Optional.of(field.getAnnotation(SettingId.class).value());
    }
    String id = FormerNames.name(option).replaceFirst("^--", "").replace('-', '_');
    return Arrays.stream(Setting.values())
        .filter(setting -> setting.name().equals(id.toUpperCase(Locale.ROOT)))
        .findFirst();
  }

  /** Returns the option of a setting, if the command has one. */
  static Optional<OptionSpec> find(CommandSpec command, Setting setting) {
    return command.options().stream()
        .filter(option -> of(option).equals(Optional.of(setting)))
        .findFirst();
  }
}
