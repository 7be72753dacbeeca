package culvert.cli;

import culvert.observe.Log;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The level that {@code RUST_LOG} asks for, as bore's users know it: words as {@code debug} or
 * {@code bore_cli=debug} with commas between.
 */
final class RustLog {

  private RustLog() {}

  /**
   * The most talkative level that is asked for without a target, or for bore or us; the least one
   * if only others are named. Nothing if it asks for nothing at all.
   */
  static Optional<Log.Level> level(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(text.split(","))
            .flatMap(RustLog::of)
            .max(Log.Level::compareTo)
            .orElse(Log.Level.ERROR));
  }

  private static Stream<Log.Level> of(String directive) {
    String[] parts = directive.strip().toLowerCase(Locale.ROOT).split("=", 2);
    String target = parts.length == 2 ? parts[0] : "bore";
    return target.startsWith("bore") || target.startsWith("culvert")
        ? word(parts[parts.length - 1])
        : Stream.empty();
  }

  private static Stream<Log.Level> word(String level) {
    return switch (level) {
      case "off", "error" -> Stream.of(Log.Level.ERROR);
      case "warn" -> Stream.of(Log.Level.WARN);
      case "info" -> Stream.of(Log.Level.INFO);
      case "debug", "trace" -> Stream.of(Log.Level.DEBUG);
      // A target whose level is left out has all of them.
      default -> level.matches("(bore|culvert).*") ? Stream.of(Log.Level.DEBUG) : Stream.empty();
    };
  }
}
