package culvert.cli;

import culvert.cli.option.HelpPage;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.ParseResult;

/** Runs a parsed command line, or answers a request for help or for the version. */
final class Execution implements IExecutionStrategy {

  private final Terminal terminal;
  private final UsageErrors errors;

  Execution(Terminal terminal, UsageErrors errors) {
    this.terminal = terminal;
    this.errors = errors;
  }

  @Override
  public int execute(ParseResult result) {
    List<ParseResult> levels = levels(result);
    // picocli ignores unknown arguments beside a request for help.
    for (ParseResult level : levels) {
      if (!level.unmatched().isEmpty()) {
        return errors.printUnmatched(commandOf(level), level.unmatched(), result.originalArgs());
      }
    }
    for (ParseResult level : levels) {
      if (level.isUsageHelpRequested()) {
        boolean isFull = result.originalArgs().contains("--help");
        CommandLine command = commandOf(level);
        terminal.out().print(isFull ? command.getUsageMessage() : HelpPage.brief(command));
        return ExitCode.OK.code();
      }
      if (level.isVersionHelpRequested()) {
        commandOf(level).printVersionHelp(terminal.out());
        return ExitCode.OK.code();
      }
    }
    CommandLine last = commandOf(levels.getLast());
    if (!last.getSubcommands().isEmpty()) {
      return errors.printMissingCommand(last, terminal.err());
    }
    return new CommandLine.RunLast().execute(result);
  }

  /** Returns the results of the command and of each subcommand in it. */
  private static List<ParseResult> levels(ParseResult result) {
    var levels = new ArrayList<>(List.of(result));
    while (levels.getLast().hasSubcommand()) {
      levels.add(levels.getLast().subcommand());
    }
    return levels;
  }

  private static CommandLine commandOf(ParseResult result) {
    return result.commandSpec().commandLine();
  }
}
