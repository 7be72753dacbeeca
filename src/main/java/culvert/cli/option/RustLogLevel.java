package culvert.cli.option;

import culvert.observe.Log;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Parser of {@code RUST_LOG}, which sets bore's log level: directives such as {@code debug} or
 * {@code bore_cli=debug}, separated by commas.
 */
final class RustLogLevel {

  private RustLogLevel() {}

  /**
   * Returns the most verbose level of the directives for bore or Culvert; without one, of those
   * without a target; {@code ERROR} if all directives are for other targets. Empty if the text is
   * blank.
   */
  static Optional<Log.Level> level(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    List<String> directives =
        Arrays.stream(text.toLowerCase(Locale.ROOT).split(",")).map(String::strip).toList();
    return Optional.of(
        mostVerbose(directives.stream().filter(RustLogLevel::isForUs))
            .or(() ->
                mostVerbose(directives.stream().filter(directive -> !directive.contains("="))))
            .orElse(Log.Level.ERROR));
  }

  private static boolean isForUs(String directive) {
    return directive.startsWith("bore") || directive.startsWith("culvert");
  }

  private static Optional<Log.Level> mostVerbose(Stream<String> directives) {
    return directives
        .flatMap(directive -> levels(directive.substring(directive.indexOf('=') + 1)))
        .max(Log.Level::compareTo);
  }

  private static Stream<Log.Level> levels(String level) {
    return switch (level) {
      case "off", "error" -> Stream.of(Log.Level.ERROR);
      case "warn" -> Stream.of(Log.Level.WARN);
      case "info" -> Stream.of(Log.Level.INFO);
      case "debug", "trace" -> Stream.of(Log.Level.DEBUG);
      // A target without a level enables all levels.
      default -> level.matches("(bore|culvert).*") ? Stream.of(Log.Level.DEBUG) : Stream.empty();
    };
  }
}
