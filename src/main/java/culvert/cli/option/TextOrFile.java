package culvert.cli.option;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A secret that is given as a text or in a file. One on the command line takes precedence over the
 * variable of the other, and a variable over the settings file.
 *
 * @param text the setting of the text
 * @param file the setting of the file
 */
record TextOrFile(Setting text, Setting file) {

  /**
   * Returns whether the file is the one to use.
   *
   * @param spec the command that was parsed
   * @param hasText whether there is a text, from the command line or a variable
   * @param hasFile whether there is a file
   * @throws IllegalArgumentException if both are given and neither takes precedence
   */
  boolean isFile(CommandSpec spec, boolean hasText, boolean hasFile) {
    if (!hasText || !hasFile) {
      return hasFile;
    }
    int precedence = WrittenName.source(spec, file).compareTo(WrittenName.source(spec, text));
    if (precedence == 0) {
      throw new SettingException("%s and %s are both given; keep one", text, file);
    }
    return precedence > 0;
  }
}
