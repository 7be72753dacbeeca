package culvert.bounce.console;

import culvert.bounce.server.BounceAdmin;
import culvert.bounce.server.StopRequest;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** The console on the terminal in which the bounce server was started. */
public final class TerminalConsole {

  private static final String EXIT_REFUSAL =
      "this console is the server's own terminal; 'stop' stops the server";

  /** Applies no timeouts, since the operator is at the keyboard. */
  static final Console.Progress NO_TIMEOUTS =
      new Console.Progress() {
        @Override
        public void awaitingCommand() {}

        @Override
        public void answering() {}
      };

  private TerminalConsole() {}

  /**
   * Starts a session, which ends with the input or with the process. The server keeps running after
   * the end of the input.
   *
   * @param in the keyboard
   * @param out the screen
   * @param isExclusive whether the log is written to the same screen, so that member events are
   *     shown here and not logged
   * @param stop announced and begun by the stop command
   */
  public static void start(
      InputStream in,
      OutputStream out,
      boolean isExclusive,
      BounceAdmin admin,
      MemberEventLog events,
      StopRequest stop) {
    // A read of the keyboard cannot be interrupted, and would block a virtual thread's carrier.
    Threads.startPlatform(
        "console",
        () -> {
          try (var output = new ConsoleOutput(out)) {
            events.attach(output::enqueue, isExclusive);
            var commands = new Commands(admin, events, stop);
            var line = new LineReader(in);
            new Console(commands, Optional.of(EXIT_REFUSAL), line, output, NO_TIMEOUTS).run();
          } catch (IOException e) {
            // The terminal was closed.
          } finally {
            events.detach();
          }
        });
  }
}
