package culvert.bounce.console;

import culvert.bounce.server.BounceAdmin;
import culvert.bounce.server.StopRequest;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** The console on the terminal that the bounce server was started from. */
public final class TerminalConsole {

  private static final String INSTEAD_OF_EXIT =
      "this console is the server's own terminal; 'stop' stops the server";

  /** Of a person at a keyboard nothing is asked. */
  static final Console.Progress NO_LIMITS =
      new Console.Progress() {
        @Override
        public void awaitingCommand() {}

        @Override
        public void answering() {}
      };

  private TerminalConsole() {}

  /**
   * Begins a session, which ends with the input or with the process; the server runs on without it.
   *
   * @param in what is typed
   * @param out the screen
   * @param alone whether the log goes to the same screen: then members are told of here only
   * @param stop is told by the command of that name
   */
  public static void start(
      InputStream in,
      OutputStream out,
      boolean alone,
      BounceAdmin operations,
      MemberEventLog events,
      StopRequest stop) {
    // Nothing ends a read of the keyboard, and a virtual thread's carrier would wait with it.
    Threads.startPlatform(
        "console",
        () -> {
          try (var output = new ConsoleOutput(out)) {
            events.attach(output::enqueue, alone);
            var commands = new Commands(operations, events, stop);
            var line = new LineReader(in);
            new Console(commands, Optional.of(INSTEAD_OF_EXIT), line, output, NO_LIMITS).run();
          } catch (IOException e) {
            // The terminal is gone.
          } finally {
            events.detach();
          }
        });
  }
}
