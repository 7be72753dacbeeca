package culvert.cli.process;

import static culvert.observe.LogEvent.event;

import culvert.observe.Escape;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.observe.LogLine;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;

/**
 * Writes the messages of a command that has no log to standard error: errors of the command line,
 * of the settings and of the start. As text a line is {@code command: message}; with JSON it is an
 * object like those of the log. Text of the user is escaped in both.
 */
public final class ErrorLines {

  private final PrintStream err;
  private final Log.Format format;

  /** Writes to {@code err} in the format of the log. */
  public ErrorLines(PrintStream err, Log.Format format) {
    this.err = err;
    this.format = format;
  }

  /** Returns whether every line is JSON. */
  public boolean isJson() {
    return format == Log.Format.JSON;
  }

  /**
   * Writes an error.
   *
   * @param command the name of the command, without that of the program
   * @param event the kind of error, for JSON
   * @param cause the message for the user
   */
  public void error(String command, String event, String cause) {
    write(Log.Level.ERROR, command, cause, event(event).with("cause", cause));
  }

  /** Writes a warning; the other parameter is that of {@link #error}. */
  public void warn(String command, String message) {
    write(Log.Level.WARN, command, message, event(message));
  }

  /** Writes an internal error with its stack. */
  public void bug(String command, Throwable cause) {
    if (isJson()) {
      var stack = new StringWriter();
      cause.printStackTrace(new PrintWriter(stack));
      write(
          Log.Level.ERROR,
          command,
          "",
          event("internal error").with("cause", cause).with("stack", stack));
    } else {
      cause.printStackTrace(err);
    }
  }

  private void write(Log.Level level, String command, String message, LogEvent event) {
    if (isJson()) {
      err.print(LogLine.of(format, Instant.now(), level, command, event));
      err.flush();
    } else {
      err.println(command + ": " + Escape.message(message));
    }
  }
}
