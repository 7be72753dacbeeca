package culvert.cli.process;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The parts of the process that a command may use.
 *
 * @param in standard input
 * @param out standard output, for programs and answers
 * @param err standard error, for logs and error messages
 * @param environment the environment variables
 * @param stop ends a role
 * @param hangUps accepts the action for each HUP; HUP as the terminal closes is a stop
 * @param interactive returns whether the process runs on an interactive terminal
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Stop stop,
    Consumer<Runnable> hangUps,
    Supplier<InteractiveTerminal> interactive) {

  /** Creates one that is not interactive. */
  public Terminal(
      InputStream in,
      PrintStream out,
      PrintStream err,
      Map<String, String> environment,
      Stop stop,
      Consumer<Runnable> hangUps) {
    this(in, out, err, environment, stop, hangUps, () -> InteractiveTerminal.NONE);
  }
}
