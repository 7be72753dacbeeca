package culvert.cli.option;

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
              + " 'culvert check' finds its problems. The page 'settings' describes its keys.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private Path file;

  /** Returns whether a command that has been parsed has values from a settings file. */
  public static boolean isUsed(CommandSpec spec) {
    return Environment.of(spec).file().isPresent();
  }
}
