package culvert.cli.option;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A secret that is given as a text or in a file. One on the command line takes precedence over the
 * variable of the other, and a variable over the settings file.
 *
 * @param text the setting of the text
 * @param file the setting of the file
 */
record TextOrFile(Setting text, Setting file) {

  static final TextOrFile SECRET = new TextOrFile(Setting.SECRET, Setting.SECRET_FILE);
  static final TextOrFile AUTH = new TextOrFile(Setting.AUTH, Setting.AUTH_FILE);
  static final TextOrFile BORE_SECRET =
      new TextOrFile(Setting.BORE_SECRET, Setting.BORE_SECRET_FILE);
  static final TextOrFile BOUNCE_AUTH =
      new TextOrFile(Setting.BOUNCE_AUTH, Setting.BOUNCE_AUTH_FILE);

  /** Returns the settings of which only one is used: both forms of a secret, or the setting. */
  static Set<Setting> forms(Setting setting) {
    return Stream.of(SECRET, AUTH, BORE_SECRET, BOUNCE_AUTH)
        .map(pair -> Set.of(pair.text, pair.file))
        .filter(pair -> pair.contains(setting))
        .findFirst()
        .orElse(Set.of(setting));
  }

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
