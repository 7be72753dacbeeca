package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import java.time.Clock;
import picocli.CommandLine.Option;

/** Level and format of the log. */
public final class LogOptions {

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "Log level: error, warn, info or debug.")
  @InHelp(value = HelpGroup.LOGGING, isBrief = true)
  private Log.Level level;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "Log format: text or json.")
  @InHelp(HelpGroup.LOGGING)
  private Log.Format format;

  /** Opens the log of a role on standard error; the caller closes it. */
  public Log log(String role, Terminal terminal) {
    return new Log(
        level, format, role, terminal.err(), Clock.systemUTC(), Threads.factory("log " + role));
  }
}
