package culvert.cli;

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
@Command(name = TrainCommand.NAME, hidden = true)
final class TrainCommand implements Callable<Integer> {

  static final String NAME = "train";

  private static final List<String> TRANSPORTS = List.of("plain", "noise", "ws");

  private final Terminal terminal;

  TrainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Main.run(terminal, "--version");
    for (String transport : TRANSPORTS) {
      try (var tunnel = TrainingTunnel.start(terminal, transport);
          var load = new TrainingLoad(tunnel.visitorAddress())) {
        load.run();
      }
    }
    TrainingGroup.run(terminal);
    return ExitCode.OK.code();
  }
}
