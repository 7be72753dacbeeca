package culvert.cli.process;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a command may touch of the process around it.
 *
 * @param in what a person or a program says
 * @param out for programs and answers
 * @param err for logs and complaints
 * @param environment the variables
 * @param stop ends a role
 * @param hangUps takes what is to run at each HUP; without it HUP ends the process
 * @param screen looks whether a person sits before it
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Stop stop,
    Consumer<Runnable> hangUps,
    Supplier<InteractiveTerminal> screen) {

  /** One that nobody sits before. */
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
