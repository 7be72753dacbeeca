package culvert.cli;

import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group of commands for members of a bounce server. */
@Command(
    name = BounceCommand.NAME,
    customSynopsis = "culvert bounce COMMAND [OPTION]...",
    description = "Join a channel group at a bounce server.",
    commandListHeading = "%nCommands:%n")
@Examples({
  "culvert bounce connect bounce.example.com:1111 ac --auth-file auth.txt",
  "culvert bounce connect bounce.example.com:1111 ac --auth-file auth.txt --to 127.0.0.1:22"
})
final class BounceCommand {

  static final String NAME = "bounce";

  @Mixin private StandardOptions standard;
}
