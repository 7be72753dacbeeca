package culvert.cli;

import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.CommandRunner;
import culvert.cli.process.Terminal;
import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the role that a settings file is for. */
@Command(
    name = RunCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert run [--server|--client] FILE",
    description = {
      "Run the role that a settings file is for.",
      "",
      "A file with a block [server] runs the remote proxy, one with [client] the origin proxy, and"
          + " one with [bounce] the bounce server, as 'remote-proxy --config FILE' and the others"
          + " do. A file with several blocks needs an option, or the command of the role."
    })
@Examples({"culvert run server.toml", "culvert run --client both.toml"})
final class RunCommand implements Callable<Integer> {

  static final String NAME = "run";

  private final Terminal terminal;
  private final CommandRunner runner;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "Settings file.")
  private Path path;

  @Mixin private BlockOptions block;

  @Mixin private StandardOptions standard;

  /**
   * Creates a command.
   *
   * @param runner runs the role's command in this process
   */
  RunCommand(Terminal terminal, CommandRunner runner) {
    this.terminal = terminal;
    this.runner = runner;
  }

  @Override
  public Integer call() {
    Role role = block.role().orElseGet(this::roleOfFile);
    return runner.run(
        terminal, SettingsFiles.command(role), Setting.CONFIG.flag(), path.toString());
  }

  private Role roleOfFile() {
    var file = SettingsFiles.read(terminal, path);
    Set<Role> roles = new TreeSet<>(file.blocks().keySet());
    if (roles.isEmpty()) {
      throw new InvalidFileException(FileCheck.problems(file));
    }
    if (roles.size() > 1) {
      throw new ParameterException(
          spec.commandLine(),
          "the file has several blocks; choose one of "
              + roles.stream().map(RunCommand::choice).collect(Collectors.joining(", ")));
    }
    return roles.iterator().next();
  }

  private static String choice(Role role) {
    return switch (role) {
      case SERVER -> "--server";
      case CLIENT -> "--client";
      case BOUNCE -> "'bounce-server --config FILE'";
    };
  }
}
