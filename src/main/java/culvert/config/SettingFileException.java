package culvert.config;

import culvert.setting.SettingException;
import java.nio.file.Path;

/** A file that a setting names is missing, unreadable or invalid. */
public final class SettingFileException extends SettingException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param source the {@link culvert.setting.Setting} that names the file, or a text if none does
   */
  SettingFileException(Object source, Path file, String problem) {
    super("%s %s: %s", source, file, problem);
  }
}
