package culvert.cli;

import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Holds what can be done at a bounce server. */
@Command(
    name = BounceCommand.NAME,
    customSynopsis = "culvert bounce COMMAND [OPTION]...",
    description = "Join a channel group at a bounce server.")
final class BounceCommand implements Callable<Integer> {

  static final String NAME = "bounce";

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  BounceCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(terminal.err());
    return ExitCode.USAGE.code();
  }
}
