package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.config.Timeouts;
import culvert.observe.Log;
import java.time.Duration;
import picocli.CommandLine.Mixin;

/** Options of both commands of bore for idle connections, stopping and logging. */
public final class BoreRunOptions {

  @Mixin private IdleTimeoutOption idle;

  @Mixin private DrainOption drain;

  @Mixin private LogOptions logs;

  @Mixin private StandardOptions standard;

  /** Returns how long visitors may finish. */
  public Duration drain() {
    return drain.timeout();
  }

  /** Returns the default timeouts with this handshake timeout and those of the options. */
  public Timeouts timing(Duration handshake) {
    Timeouts usual = Timeouts.DEFAULT;
    return new Timeouts(
        handshake,
        usual.heartbeat(),
        usual.heartbeatTimeout(),
        usual.halfClose(),
        idle.timeout(),
        drain(),
        usual.logPeriod());
  }

  /** Opens the log of a role; the caller closes it. */
  public Log log(String role, Terminal terminal) {
    return logs.log(role, terminal);
  }
}
