package culvert.cli;

import culvert.cli.option.Examples;
import culvert.cli.option.LogOptions;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.toml.Block;
import culvert.config.toml.SettingsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Checks a settings file. */
@Command(
    name = CheckCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert check [--server|--client] FILE",
    description = {
      "Check a settings file and print all of its problems.",
      "",
      "Each line on standard error has the file, the line, the key and the problem. The exit code"
          + " is 0 if the file is valid and 78 if it is not. Variables of options and the command"
          + " line of a role are not considered; secrets are read. On a host with one role, choose"
          + " its block: the secrets of the other one may not be there."
    })
@Examples({"culvert check server.toml", "culvert check --client /etc/culvert/both.toml"})
final class CheckCommand implements Callable<Integer> {

  static final String NAME = "check";

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "FILE", description = "Settings file to check.")
  private Path path;

  @Mixin private BlockOptions block;

  @Mixin private StandardOptions standard;

  CheckCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ErrorLines lines = LogOptions.errorLines(terminal, List.of());
    SettingsFile whole = SettingsFiles.read(terminal, path);
    SettingsFile file = block.role().map(role -> SettingsFiles.only(role, whole)).orElse(whole);
    List<String> problems = FileCheck.problems(file);
    if (!problems.isEmpty()) {
      throw new InvalidFileException(problems);
    }
    for (Block each : file.blocks().values()) {
      if (each.isRathole()) {
        lines.warn(NAME, path + " " + FileCheck.notServed(each));
      }
      each.notes().forEach(note -> lines.warn(NAME, path + ": " + note));
    }
    terminal.out().println(path + ": valid");
    return ExitCode.OK.code();
  }
}
