package culvert.cli.process;

/** Exit codes of the processes; those from 64 on are those of sysexits.h. */
public enum ExitCode {
  /** A clean stop. */
  OK(0),
  /** Something failed while running, such as an address that is in use. */
  FAILURE(1),
  /** The command line is wrong. */
  USAGE(2),
  /**
   * The remote proxy could not be reached or was lost, and {@code --fail-fast} was given; or a
   * group could not be joined.
   */
  UNREACHABLE(69),
  /** Another process has logged in under the same name. */
  SUPERSEDED(76),
  /** The secret is missing, wrong, or only on one side. */
  CREDENTIALS(77),
  /** Settings that contradict each other, cannot be read, or that the remote proxy declines. */
  SETTINGS(78);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** Returns the number that the process exits with. */
  public int code() {
    return code;
  }
}
