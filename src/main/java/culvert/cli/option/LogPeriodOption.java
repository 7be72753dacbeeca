package culvert.cli.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The period in which the log is limited for each source. */
public final class LogPeriodOption {

  @Option(
      names = "--log-period",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "In each such period, log one warning about a source and at most a hundred events of its "
              + "sessions or connections. The rest is counted.")
  @InHelp(HelpGroup.LOGGING)
  private Duration period;

  /** Returns the period. */
  public Duration period() {
    return period;
  }
}
