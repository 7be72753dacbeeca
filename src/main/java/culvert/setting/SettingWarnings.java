package culvert.setting;

import java.util.function.Consumer;

/** Receives warnings about settings. It knows the names by which the user set them. */
@FunctionalInterface
public interface SettingWarnings {

  /** Returns warnings that are passed on as text, with these names in it. */
  static SettingWarnings of(SettingNames names, Consumer<String> lines) {
    return new SettingWarnings() {
      @Override
      public void warn(SettingMessage message) {
        lines.accept(message.text(names));
      }

      @Override
      public SettingNames names() {
        return names;
      }
    };
  }

  /** Reports a problem that does not end the program. */
  void warn(SettingMessage message);

  /** Returns the names of settings in errors that are reported in another way. */
  default SettingNames names() {
    return SettingNames.FLAGS;
  }
}
