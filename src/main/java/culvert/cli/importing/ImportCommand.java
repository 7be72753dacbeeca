package culvert.cli.importing;

import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group of the commands that convert settings of other programs. */
@Command(
    name = Importer.NAME,
    customSynopsis = "culvert import COMMAND ...",
    description = {
      "Convert the settings of another program to a settings file.",
      "",
      "The file is printed on standard output. A setting without an equivalent stays in it as"
          + " a comment with the reason, and the exit code is 1."
    },
    commandListHeading = "%nCommands:%n")
@Examples({
  "culvert import frp frpc.toml > culvert.toml",
  "culvert import bore local 8000 --to bore.example.com > culvert.toml"
})
public final class ImportCommand {

  @Mixin private StandardOptions standard;
}
