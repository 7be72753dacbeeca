package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.config.Timeouts;
import culvert.observe.Log;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How either of bore's commands stops, logs and helps. */
public final class BoreRunOptions {

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "After TERM or INT visitors may finish for so long; a second signal ends at once "
              + "(default: 30s).")
  private Duration drain;

  @Mixin private LogOptions logs;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /** How long visitors may finish. */
  public Duration drain() {
    return drain;
  }

  /** The usual times but for how it begins and stops. */
  public Timeouts timing(Duration handshake) {
    Timeouts usual = Timeouts.DEFAULT;
    return new Timeouts(
        handshake,
        usual.heartbeat(),
        usual.heartbeatTimeout(),
        usual.halfClose(),
        drain,
        usual.logPeriod());
  }

  /** The log of a role; whoever opens it closes it. */
  public Log log(String role, Terminal terminal) {
    return logs.log(role, terminal);
  }
}
