package culvert.cli.process;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The parts of the process that a command may use.
 *
 * @param in standard input
 * @param out standard output, for the first line of a role and for results
 * @param err standard error, for logs and error messages
 * @param environment the environment variables
 * @param stop the stop request of this process
 * @param hangUps sets the reactions to HUP and to the loss of the terminal
 * @param interactive supplies the kind of interactive terminal
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Stop stop,
    HangUps hangUps,
    Supplier<InteractiveTerminal> interactive) {

  /** Creates one that is not interactive. */
  public Terminal(
      InputStream in,
      PrintStream out,
      PrintStream err,
      Map<String, String> environment,
      Stop stop,
      HangUps hangUps) {
    this(in, out, err, environment, stop, hangUps, () -> InteractiveTerminal.NONE);
  }
}
