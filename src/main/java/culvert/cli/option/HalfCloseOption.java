package culvert.cli.option;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a connection may be silent after one direction has ended. */
final class HalfCloseOption {

  @Option(
      names = "--half-close-timeout",
      paramLabel = "TIME",
      defaultValue = "1m",
      description =
          "Maximum silence on a connection after one direction has ended; ten times as long while"
              + " bytes wait for a receiver that does not read. While both directions are open,"
              + " --idle-timeout is the limit.")
  @InHelp(HelpGroup.LIMITS)
  private Duration timeout;

  Duration timeout() {
    return timeout;
  }
}
