package culvert.cli.option;

import culvert.setting.Setting;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The settings file of a role. It is read before the command line is parsed. */
public final class ConfigOption {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Read settings from this file. The command line and variables take precedence over it;"
              + " 'culvert check' finds its problems. The documentation page settings.md lists the"
              + " keys.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private Path file;

  /**
   * Returns the names of a secret that is not set, for a hint: its keys if there is a settings
   * file, otherwise its options and variable.
   *
   * @param file the setting that names a file with the secret
   */
  public static String waysToSet(CommandSpec spec, Setting secret, Setting file) {
    return isUsed(spec)
        ? WrittenName.of(spec, secret) + " or " + WrittenName.of(spec, file)
        : secret.flag() + ", " + file.flag() + " or " + secret.variable();
  }

  /** Returns whether a command that has been parsed has values from a settings file. */
  public static boolean isUsed(CommandSpec spec) {
    return Environment.of(spec).file().isPresent();
  }
}
