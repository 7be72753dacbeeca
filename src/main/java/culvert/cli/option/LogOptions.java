package culvert.cli.option;

import culvert.cli.process.ErrorLines;
import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.setting.Setting;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

  /** Returns the lines of a command that runs without a log, in the format of the log. */
  public ErrorLines errorLines(Terminal terminal) {
    return new ErrorLines(terminal.err(), format);
  }

  /**
   * Returns the lines for errors of a command line, which may be invalid: JSON if any {@code
   * --log-format} on it, or else the variable, requests that.
   */
  public static ErrorLines errorLines(Terminal terminal, List<String> arguments) {
    return errorLines(terminal, arguments, FileSettings.NONE);
  }

  /**
   * Returns the error lines in the format of the command line, or else of the variable, or else of
   * the settings file.
   */
  public static ErrorLines errorLines(
      Terminal terminal, List<String> arguments, FileSettings file) {
    Optional<String> given = lastFormat(arguments);
    String format =
        given
            .or(() -> Optional.ofNullable(terminal.environment().get("CULVERT_LOG_FORMAT")))
            .filter(text -> !text.isEmpty())
            .or(() -> file.value(Setting.LOG_FORMAT))
            .orElse("");
    return new ErrorLines(
        terminal.err(), format.equals("json") ? Log.Format.JSON : Log.Format.TEXT);
  }

  private static Optional<String> lastFormat(List<String> arguments) {
    String option = Setting.LOG_FORMAT.flag();
    Optional<String> last = Optional.empty();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(option + "=")) {
        last = Optional.of(argument.substring(option.length() + 1));
      } else if (argument.equals(option) && i + 1 < arguments.size()) {
        last = Optional.of(arguments.get(i + 1));
      }
    }
    return last;
  }

  /**
   * Opens the log of a role on standard error, with the {@link #advice} as its first lines; the
   * caller closes it.
   */
  public Log log(String role, Terminal terminal) {
    var log =
        new Log(
            level,
            format,
            role,
            terminal.err(),
            Clock.systemUTC(),
            Threads.factory("log " + role),
            WrittenName.in(spec));
    advice().forEach(log::warn);
    terminal
        .hangUps()
        .whenTerminalIsLost(() -> log.debug(LogEvent.event("terminal lost").with("hup", "reload")));
    return log;
  }

  /**
   * Returns warnings about environment variables that are unknown or have a new name, and about the
   * settings file.
   */
  public List<String> advice() {
    return advice(spec);
  }

  /** Returns the {@link #advice()} of a command without these options. */
  public static List<String> advice(CommandSpec spec) {
    CommandSpec command = spec.commandLine().getCommandSpec();
    return Stream.concat(
            VariableAdvice.of(command).stream(),
            Environment.of(command).file().advice(WrittenName.in(spec)).stream())
        .toList();
  }
}
