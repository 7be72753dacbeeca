package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.stream.Stream;

/** A setting has an invalid value. The message has the value, the setting and the valid form. */
public final class InvalidSettingException extends SettingException {
  private static final long serialVersionUID = 1L;

  /** Maximum characters of the value in the message. */
  private static final int MAX_VALUE_CHARACTERS = 200;

  /**
   * Creates the exception.
   *
   * @param setting the setting
   * @param value the invalid value, as the user would write it
   * @param expected description of a valid value, with {@code %s} for each argument
   * @param arguments as in {@link SettingException}
   */
  public InvalidSettingException(
      Setting setting, Object value, String expected, Object... arguments) {
    super(
        "invalid value '%s' for %s: expected " + expected,
        Stream.concat(Stream.of(printable(value.toString()), setting), Stream.of(arguments))
            .toArray());
  }

  private static String printable(String value) {
    String text = value.replaceAll("\\p{Cntrl}", "?");
    return text.length() > MAX_VALUE_CHARACTERS
        ? text.substring(0, MAX_VALUE_CHARACTERS) + "..."
        : text;
  }
}
