package culvert.cli.process;

/** Sets the reactions of a command to HUP and to the loss of the process's terminal. */
@FunctionalInterface
public interface HangUps {

  /**
   * Sets the action that runs on HUP, which any thread may run, also twice at once. A HUP that the
   * loss of the terminal causes does not run it: that one is a stop request. Runs at once if HUP
   * was sent before.
   */
  void accept(Runnable action);

  /**
   * Adds an action that runs once the terminal has been lost for so long that HUP runs the action
   * of {@link #accept} again; at once if that is so already. By default it never runs, as in a
   * process without a terminal.
   */
  default void whenTerminalIsLost(Runnable action) {}
}
