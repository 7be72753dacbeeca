package culvert.cli;

import culvert.cli.option.Environment;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Holds what speaks bore's wire. */
@Command(
    name = BoreCommand.NAME,
    customSynopsis = "culvert bore COMMAND [OPTION]...",
    versionProvider = CulvertCommand.Version.class,
    subcommands = HelpCommand.class,
    description = {
      "Be what bore is, to bore and to culvert bore at the other end.",
      "",
      "Its wire seals nothing: everybody on the way can read what passes."
    })
public final class BoreCommand implements Callable<Integer> {

  public static final String NAME = Environment.BORE_COMMAND;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  private boolean version;

  BoreCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(terminal.err());
    return ExitCode.USAGE.code();
  }
}
