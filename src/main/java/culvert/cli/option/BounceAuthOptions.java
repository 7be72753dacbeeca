package culvert.cli.option;

import culvert.config.BounceAuthentication;
import culvert.config.FilePermissions;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The authentication string of a bounce server, for the server and its members. */
@InHelp(value = HelpGroup.SECURITY, isBrief = true)
public final class BounceAuthOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--auth",
      paramLabel = "TEXT",
      description =
          "Authentication string that members send first. Text on the command line is visible in"
              + " the process list; use --auth-file or CULVERT_AUTH instead.")
  private String text;

  @Option(
      names = "--auth-file",
      paramLabel = "FILE",
      description =
          "Read the authentication string from this file. It may contain any bytes; a line end"
              + " after them is ignored.")
  private Path file;

  /**
   * Returns the authentication string, if one is set.
   *
   * @throws IllegalArgumentException if text and file are both given, or the file is invalid
   */
  public Optional<BounceAuthentication> authentication() {
    return choose(spec, TextOrFile.AUTH, text, file);
  }

  /** Returns a warning if other users can access the file. */
  public Optional<SettingMessage> advice() {
    return Optional.ofNullable(file).flatMap(given -> FilePermissions.of(Setting.AUTH_FILE, given));
  }

  /** Returns the text or the content of the file; see {@link TextOrFile#isFile}. */
  static Optional<BounceAuthentication> choose(
      CommandSpec spec, TextOrFile options, String text, Path file) {
    if (options.isFile(spec, text != null, file != null)) {
      return Optional.of(BounceAuthentication.read(options.file(), file));
    }
    return Optional.ofNullable(text).map(given -> BounceAuthentication.of(options.text(), given));
  }
}
