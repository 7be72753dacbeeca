package culvert.cli.process;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The reaction to HUP. The operating system sends it when the terminal of the process closes, which
 * is a request to stop; sent by an operator, it runs the command's action.
 */
public final class HangUp implements Consumer<Runnable> {

  private final Stop stop;
  private final BooleanSupplier hasTerminalClosed;
  private volatile Runnable action = () -> {};

  /**
   * Creates a reaction without an action.
   *
   * @param hasTerminalClosed returns whether the process had a terminal that has closed
   */
  HangUp(Stop stop, BooleanSupplier hasTerminalClosed) {
    this.stop = stop;
    this.hasTerminalClosed = hasTerminalClosed;
  }

  /** Sets the action, which any thread may run, also twice at once. */
  @Override
  public void accept(Runnable next) {
    action = next;
  }

  /** Reacts to one signal. */
  void signalled() {
    if (hasTerminalClosed.getAsBoolean()) {
      stop.terminalClosed();
    } else {
      action.run();
    }
  }
}
