package culvert.setting;

import java.util.function.UnaryOperator;

/**
 * Settings that are invalid or contradict each other. The message names each by the option; {@link
 * SettingMessage#of(IllegalArgumentException)} returns it for the names that the user wrote.
 */
public class SettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient SettingMessage message;

  /** Creates the exception with a message of this format; see {@link SettingMessage}. */
  public SettingException(String format, Object... arguments) {
    this(null, SettingMessage.of(format, arguments));
  }

  /** Creates the exception with a cause; see {@link #SettingException(String, Object...)}. */
  public SettingException(Throwable cause, String format, Object... arguments) {
    this(cause, SettingMessage.of(format, arguments));
  }

  private SettingException(Throwable cause, SettingMessage message) {
    super(message.toString(), cause);
    this.message = message;
  }

  /** Returns the message, in which the names of settings are not filled in yet. */
  final SettingMessage settingMessage() {
    return message;
  }

  /** Returns an exception about other settings, with this one as its cause. */
  public final SettingException about(UnaryOperator<Setting> others) {
    return new SettingException(this, message.about(others));
  }
}
