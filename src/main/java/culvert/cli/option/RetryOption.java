package culvert.cli.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** Pauses between attempts to reach the other side. */
public final class RetryOption {

  @Option(
      names = "--retry-max",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "Longest pause between attempts to connect. Pauses are shorter than a second in the first"
              + " minute of an outage; HUP ends a pause.")
  @InHelp(HelpGroup.OPERATION)
  private Duration max;

  /** Returns the longest pause. */
  public Duration max() {
    return max;
  }
}
