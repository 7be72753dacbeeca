package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import java.time.Clock;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Level and format of the log. */
public final class LogOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

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

  /**
   * Opens the log of a role on standard error, with the {@link #advice} as its first lines; the
   * caller closes it.
   */
  public Log log(String role, Terminal terminal) {
    var log =
        new Log(
            level, format, role, terminal.err(), Clock.systemUTC(), Threads.factory("log " + role));
    advice().forEach(log::warn);
    return log;
  }

  /** Returns warnings about environment variables that are unknown or have a new name. */
  public List<String> advice() {
    return VariableAdvice.of(spec.commandLine().getCommandSpec());
  }
}
