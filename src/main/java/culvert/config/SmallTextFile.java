package culvert.config;

import culvert.setting.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that contain one short value, such as a secret or a key. */
final class SmallTextFile {

  /** Maximum size in bytes; a larger file is the wrong file. */
  private static final long MAX_BYTES = 4096;

  private SmallTextFile() {}

  /**
   * Returns the text of a file without leading and trailing white space.
   *
   * @param source the setting that has the file's name, or a description of the file
   * @throws SettingException naming the source and the file, if it cannot be read or is too long
   */
  static String read(Object source, Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new SettingException("%s %s is longer than %s bytes", source, file, MAX_BYTES);
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new SettingException(e, "cannot read %s %s", source, file);
    }
  }
}
