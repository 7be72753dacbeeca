package culvert.cli.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** Timeout for connections that a command opens. */
public final class ConnectTimeoutOption {

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      description = "Timeout for each outgoing connection.")
  @InHelp(HelpGroup.LIMITS)
  private Duration timeout;

  /** Sets the default, which differs between commands. */
  public ConnectTimeoutOption(Duration timeout) {
    this.timeout = timeout;
  }

  /** Returns the timeout. */
  public Duration timeout() {
    return timeout;
  }
}
