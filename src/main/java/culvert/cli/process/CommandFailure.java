package culvert.cli.process;

import java.io.IOException;

/** Ends a command with an exit code and one line on standard error. */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  /** Creates a failure whose line has the message of the cause. */
  public CommandFailure(ExitCode code, IOException cause) {
    super(cause.getMessage(), cause);
    this.code = code;
  }

  public ExitCode code() {
    return code;
  }
}
