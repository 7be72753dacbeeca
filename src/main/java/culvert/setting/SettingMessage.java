package culvert.setting;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * One line for the user about settings. Its text is complete only where the names are known that
 * the user wrote; see {@link #text}.
 *
 * @param format the line, with {@code %s} for each argument; one that it does not use is a setting
 *     that the line concerns
 * @param arguments a {@link Setting} or {@link ServiceSetting} is printed by its name, {@link
 *     Candidates} by the names of those that are set, a message by its text, any other value as it
 *     is
 */
public record SettingMessage(String format, List<Object> arguments) {

  /** Copies the list. */
  public SettingMessage {
    arguments = List.copyOf(arguments);
  }

  /** Returns a message with these arguments; see {@link SettingMessage}. */
  public static SettingMessage of(String format, Object... arguments) {
    return new SettingMessage(format, List.of(arguments));
  }

  /** Returns the message of an exception, which may be a {@link SettingException}. */
  public static SettingMessage of(IllegalArgumentException e) {
    return e instanceof SettingException invalid
        ? invalid.settingMessage()
        : of("%s", String.valueOf(e.getMessage()));
  }

  /** Returns the line with these names. */
  public String text(SettingNames names) {
    return format.formatted(arguments.stream().map(each -> printed(each, names)).toArray());
  }

  private static Object printed(Object argument, SettingNames names) {
    return switch (argument) {
      case Setting setting -> names.of(setting);
      case ServiceSetting ofService -> names.of(ofService);
      case Candidates candidates -> names.of(candidates.settings());
      case SettingMessage message -> message.text(names);
      default -> argument;
    };
  }

  /** Returns the settings that the line names, each with its service if the line names it. */
  public List<ServiceSetting> settings() {
    return arguments.stream().flatMap(SettingMessage::settings).toList();
  }

  private static Stream<ServiceSetting> settings(Object argument) {
    return switch (argument) {
      case Setting setting -> Stream.of(ServiceSetting.ofAll(setting));
      case ServiceSetting ofService -> Stream.of(ofService);
      case Candidates candidates -> candidates.settings().stream().map(ServiceSetting::ofAll);
      case SettingMessage message -> message.settings().stream();
      default -> Stream.of();
    };
  }

  /** Returns a copy in which {@code others} replaces each setting. */
  SettingMessage about(UnaryOperator<Setting> others) {
    return new SettingMessage(
        format,
        arguments.stream()
            .map(each -> each instanceof Setting setting ? others.apply(setting) : each)
            .toList());
  }

  /** Returns the line with every setting named by its option. */
  @Override
  public String toString() {
    return text(SettingNames.FLAGS);
  }
}
