package culvert.cli.process;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The reaction to HUP. The operating system sends it when the terminal of the process closes, which
 * is a request to stop; sent by an operator, also long after that, it runs the command's action.
 */
public final class HangUp implements Consumer<Runnable> {

  private final Stop stop;
  private final BooleanSupplier hasTerminalJustClosed;
  private volatile Runnable action = () -> {};

  /**
   * Creates a reaction without an action.
   *
   * @param hasTerminalJustClosed returns whether the terminal of the process closed a moment ago
   */
  HangUp(Stop stop, BooleanSupplier hasTerminalJustClosed) {
    this.stop = stop;
    this.hasTerminalJustClosed = hasTerminalJustClosed;
  }

  /** Sets the action, which any thread may run, also twice at once. */
  @Override
  public void accept(Runnable next) {
    action = next;
  }

  /** Reacts to one signal. */
  void signalled() {
    if (hasTerminalJustClosed.getAsBoolean()) {
      stop.terminalClosed();
    } else {
      action.run();
    }
  }
}
