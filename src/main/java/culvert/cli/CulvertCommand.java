package culvert.cli;

import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command that contains all others. */
@Command(
    name = "culvert",
    customSynopsis = "culvert COMMAND [OPTION]...",
    description =
        "Self-hosted tunnel: expose a service behind NAT or a firewall through a public host.",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "'culvert help COMMAND' shows the options of a command. Each option can also be set by a",
      "variable, such as CULVERT_CONTROL_ADDR for --control-addr; the command line takes"
          + " precedence.",
      "Durations are written as 500ms, 10s, 2m or 1h.",
      "",
      "Exit codes: 0 stopped, 1 failed while running, 2 invalid command line, 69 remote proxy",
      "unreachable with --fail-fast or group not joined, 76 replaced by another process of the"
          + " same",
      "name, 77 credentials refused, 78 invalid settings. A second TERM or INT exits at once, with",
      "143 or 130."
    })
@Examples({"culvert demo", "culvert help remote-proxy"})
final class CulvertCommand {

  @Mixin private StandardOptions standard;
}
