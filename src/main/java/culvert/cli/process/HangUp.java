package culvert.cli.process;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The reaction to HUP. The operating system sends it when the terminal of the process closes, which
 * is a request to stop; sent by an operator, also long after that, it runs the command's action.
 */
public final class HangUp implements HangUps {

  /** Until the command's action is set. */
  private enum State implements Runnable {
    UNSET,
    /** A signal came: the action runs as soon as it is set. */
    SIGNALLED;

    @Override
    public void run() {}
  }

  private final Stop stop;
  private final BooleanSupplier hasTerminalJustClosed;
  private final CompletableFuture<Void> terminalLost = new CompletableFuture<>();
  private final AtomicReference<Runnable> action = new AtomicReference<>(State.UNSET);

  /**
   * Creates a reaction without an action.
   *
   * @param hasTerminalJustClosed returns whether the terminal of the process closed a moment ago
   */
  HangUp(Stop stop, BooleanSupplier hasTerminalJustClosed) {
    this.stop = stop;
    this.hasTerminalJustClosed = hasTerminalJustClosed;
  }

  /** A signal that came before, such as right after the first line of a role, runs it at once. */
  @Override
  public void accept(Runnable next) {
    if (action.getAndSet(next) == State.SIGNALLED) {
      next.run();
    }
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
      action.updateAndGet(set -> set == State.UNSET ? State.SIGNALLED : set).run();
    }
  }
}
