package culvert.setting;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Settings that are invalid or contradict each other. The message names each by the option; {@link
 * #message} has the names that the user wrote.
 */
public class SettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String format;

  /** Settings, {@link Candidates}, and values of other types. */
  private final transient List<Object> arguments;

  /**
   * Creates the exception.
   *
   * @param format the message, with {@code %s} for each argument
   * @param arguments a {@link Setting} or {@link ServiceSetting} is printed by its name, {@link
   *     Candidates} by the names of those that are set, any other value as it is
   */
  public SettingException(String format, Object... arguments) {
    this(null, format, List.of(arguments));
  }

  /** Creates the exception with a cause; see {@link #SettingException(String, Object...)}. */
  public SettingException(Throwable cause, String format, Object... arguments) {
    this(cause, format, List.of(arguments));
  }

  private SettingException(Throwable cause, String format, List<Object> arguments) {
    super(text(format, arguments, SettingNames.FLAGS), cause);
    this.format = format;
    this.arguments = arguments;
  }

  /** Returns the message with these names. */
  public final String message(SettingNames names) {
    return text(format, arguments, names);
  }

  /** Returns the settings that the message names. */
  public final List<Setting> settings() {
    return arguments.stream()
        .flatMap(each ->
            switch (each) {
              case Setting setting -> Stream.of(setting);
              case ServiceSetting ofService -> Stream.of(ofService.setting());
              case Candidates candidates -> candidates.settings().stream();
              default -> Stream.of();
            })
        .toList();
  }

  /** Returns the services that the message names. */
  public final List<String> services() {
    return arguments.stream()
        .flatMap(each -> each instanceof ServiceSetting of ? Stream.of(of.service()) : Stream.of())
        .toList();
  }

  /** Returns an exception about other settings, with this one as its cause. */
  public final SettingException about(UnaryOperator<Setting> others) {
    return new SettingException(
        this,
        format,
        arguments.stream()
            .map(each -> each instanceof Setting setting ? others.apply(setting) : each)
            .toList());
  }

  private static String text(String format, List<Object> arguments, SettingNames names) {
    return format.formatted(arguments.stream().map(each -> printed(each, names)).toArray());
  }

  private static Object printed(Object argument, SettingNames names) {
    return switch (argument) {
      case Setting setting -> names.of(setting);
      case ServiceSetting ofService -> names.of(ofService);
      case Candidates candidates -> names.of(candidates.settings());
      default -> argument;
    };
  }
}
