package culvert.cli.option;

import culvert.observe.Log;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The level that {@code RUST_LOG} asks for, as bore's users know it: words as {@code debug} or
 * {@code bore_cli=debug} with commas between.
 */
final class RustLogLevel {

  private RustLogLevel() {}

  /**
   * The most talkative level that is asked for bore or us or, where neither is named, without a
   * target; the least one if only others are named. Nothing if it asks for nothing at all.
   */
  static Optional<Log.Level> level(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    List<String> directives =
        Arrays.stream(text.toLowerCase(Locale.ROOT).split(",")).map(String::strip).toList();
    return Optional.of(
        most(directives.stream().filter(RustLogLevel::namesUs))
            .or(() -> most(directives.stream().filter(directive -> !directive.contains("="))))
            .orElse(Log.Level.ERROR));
  }

  private static boolean namesUs(String directive) {
    return directive.startsWith("bore") || directive.startsWith("culvert");
  }

  private static Optional<Log.Level> most(Stream<String> directives) {
    return directives
        .flatMap(directive -> word(directive.substring(directive.indexOf('=') + 1)))
        .max(Log.Level::compareTo);
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
