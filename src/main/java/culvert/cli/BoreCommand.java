package culvert.cli;

import culvert.cli.option.Environment;
import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group of commands that use bore's protocol. */
@Command(
    name = BoreCommand.NAME,
    customSynopsis = "culvert bore COMMAND [OPTION]...",
    description = {
      "Run a server or a client of bore.",
      "",
      "The other end may be bore or culvert bore. bore's protocol is not encrypted: anyone on the",
      "network path can read the traffic."
    },
    commandListHeading = "%nCommands:%n")
@Examples({
  "culvert bore server --secret-file secret.txt",
  "culvert bore local 8000 --to bore.example.com"
})
final class BoreCommand {

  static final String NAME = Environment.BORE_COMMAND;

  @Mixin private StandardOptions standard;
}
