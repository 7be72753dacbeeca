package culvert.observe;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Formats an event as one line. */
public final class LogLine {

  /** Always with milliseconds, so that columns are aligned. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private LogLine() {}

  /** Returns the line, with its end. */
  public static String of(
      Log.Format format, Instant time, Log.Level level, String role, LogEvent event) {
    String now = TIME.format(time);
    var line = new StringBuilder(160);
    switch (format) {
      case TEXT -> text(line, now, level, role, event);
      case JSON -> json(line, now, level, role, event);
    }
    return line.toString();
  }

  private static void text(
      StringBuilder line, String now, Log.Level level, String role, LogEvent event) {
    line.append(now).append(' ').append(level);
    line.append(level.name().length() == 4 ? "  " : " ");
    line.append(role).append(": ").append(Escape.message(event.name()));
    for (var field : event.fields()) {
      String value = field.getValue().toString();
      line.append(' ').append(field.getKey()).append('=');
      if (value.isEmpty() || value.chars().anyMatch(c -> c <= ' ' || c == '"' || c == '=')) {
        quote(line, value);
      } else {
        Escape.append(line, value);
      }
    }
    line.append('\n');
  }

  private static void json(
      StringBuilder line, String now, Log.Level level, String role, LogEvent event) {
    line.append("{\"time\":\"").append(now).append("\",\"level\":\"").append(level);
    line.append("\",\"role\":\"").append(role).append("\",\"event\":");
    quote(line, event.name());
    for (var field : event.fields()) {
      line.append(",\"").append(field.getKey()).append("\":");
      if (field.getValue() instanceof Number number) {
        line.append(number);
      } else {
        quote(line, field.getValue().toString());
      }
    }
    line.append("}\n");
  }

  private static void quote(StringBuilder line, String value) {
    line.append('"');
    Escape.append(line, value);
    line.append('"');
  }
}
