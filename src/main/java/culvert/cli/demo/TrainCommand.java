package culvert.cli.demo;

import culvert.cli.process.CommandRunner;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Runs every role in this process, under load. The build runs it once, for seconds, to record the
 * classes and the profiles of the image's ahead-of-time cache.
 */
@Command(name = "train", hidden = true)
public final class TrainCommand implements Callable<Integer> {

  private static final List<String> TRANSPORTS = List.of("plain", "noise", "ws");

  private final Terminal terminal;
  private final CommandRunner runner;

  /**
   * Creates a command.
   *
   * @param runner runs the roles' commands in this process
   */
  public TrainCommand(Terminal terminal, CommandRunner runner) {
    this.terminal = terminal;
    this.runner = runner;
  }

  @Override
  public Integer call() throws IOException {
    runner.run(terminal, "--version");
    for (String transport : TRANSPORTS) {
      try (var tunnel = TrainingTunnel.start(runner, terminal, transport);
          var load = new TrainingLoad(tunnel.outsideAddress())) {
        load.run();
      }
    }
    TrainingGroup.run(runner, terminal);
    return ExitCode.OK.code();
  }
}
