package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.process.CommandFailure;
import culvert.cli.process.ExitCode;
import culvert.observe.Counters;
import culvert.observe.Log;
import java.io.IOException;

/** Runs a role that accepts connections, with its log, which ends with the counters. */
final class ServerRun {

  /** The role. */
  @FunctionalInterface
  interface Server {
    /**
     * Serves until a signal; returns the counters, which include what the end has closed or reset.
     *
     * @throws IOException if it cannot begin; the message is for the user
     */
    Counters serve() throws IOException, InterruptedException;
  }

  private ServerRun() {}

  /**
   * Runs a role and returns the exit code of its process.
   *
   * @throws CommandFailure if it cannot begin
   */
  static int of(Server server, Log log) throws InterruptedException {
    try {
      log.info(event("stopping").withAll(server.serve().fields()));
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, e);
    }
  }
}
