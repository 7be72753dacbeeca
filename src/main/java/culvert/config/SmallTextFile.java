package culvert.config;

import java.nio.file.Path;

/** Files that contain one short value, such as a secret or a key. */
final class SmallTextFile {

  /** Maximum size; a larger file is the wrong file. */
  private static final int MAX_BYTES = 4096;

  private SmallTextFile() {}

  /**
   * Returns the text of a file without leading and trailing white space.
   *
   * @param source the setting that has the file's name
   * @throws culvert.setting.SettingException naming the source, the file and the reason, if it
   *     cannot be read
   */
  static String read(Object source, Path file) {
    return SettingFile.text(source, file, MAX_BYTES).strip();
  }
}
