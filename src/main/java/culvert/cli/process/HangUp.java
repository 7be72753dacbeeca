package culvert.cli.process;

import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The reaction to HUP. The operating system sends it when the terminal of the process closes, which
 * is a request to stop; sent by an operator, also long after that, it runs the command's action.
 */
public final class HangUp implements HangUps {

  private final Stop stop;
  private final BooleanSupplier hasTerminalJustClosed;
  private final CompletableFuture<Void> terminalLost = new CompletableFuture<>();
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

  @Override
  public void accept(Runnable next) {
    action = next;
  }

  @Override
  public void whenTerminalIsLost(Runnable next) {
    terminalLost.thenRun(next);
  }

  /** Records that HUP no longer announces the loss of the terminal. */
  void terminalLost() {
    terminalLost.complete(null);
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
