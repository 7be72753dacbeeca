package culvert.cli.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long open connections may continue after a request to stop. */
public final class DrainOption {

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "Time for open connections to finish after TERM or INT. A second signal exits at once.")
  @InHelp(HelpGroup.LIMITS)
  private Duration timeout;

  /** Returns the longest time that open connections may continue. */
  public Duration timeout() {
    return timeout;
  }
}
