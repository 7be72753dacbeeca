package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import java.time.Clock;
import picocli.CommandLine.Option;

/** How a role logs. */
public final class LogOptions {

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "error, warn, info or debug (default: info).")
  private Log.Level level;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: text).")
  private Log.Format format;

  /** The log of the given role. */
  public Log log(String role, Terminal terminal) {
    return new Log(
        level, format, role, terminal.err(), Clock.systemUTC(), Threads.factory("log " + role));
  }
}
