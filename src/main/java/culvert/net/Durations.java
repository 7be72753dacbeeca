package culvert.net;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** Formats and parses durations in the form that options, logs and messages use. */
public final class Durations {

  private static final int MAX_DIGITS = 9;

  /** The maximum of {@link #parse}. */
  public static final Duration MAX = Duration.ofDays(1);

  /** Pauses of at least this length are written without milliseconds. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(10);

  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1));

  private Durations() {}

  /**
   * Returns a duration with the largest unit that is exact: {@code 500ms}, {@code 10s}, {@code 2m}.
   */
  public static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 60_000 == 0 && millis != 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** Returns the length of a pause for a log line, rounded down to seconds if it is long. */
  public static String ofPause(Duration pause) {
    boolean isLong = pause.compareTo(LONG_PAUSE) >= 0;
    return of(isLong ? pause.truncatedTo(ChronoUnit.SECONDS) : pause);
  }

  /**
   * Parses the form of {@link #of}, and hours as {@code 1h}; at most one day.
   *
   * @throws IllegalArgumentException with a message for users if the text is not a duration
   */
  public static Duration parse(String text) {
    int unit = 0;
    while (unit < text.length() && Character.digit(text.charAt(unit), 10) >= 0) {
      unit++;
    }
    Duration each = unit > 0 && unit <= MAX_DIGITS ? UNITS.get(text.substring(unit)) : null;
    if (each == null) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration: expected a number and a unit, as 500ms, 10s or 2m");
    }
    Duration duration = each.multipliedBy(Long.parseLong(text.substring(0, unit)));
    if (duration.compareTo(MAX) > 0) {
      throw new IllegalArgumentException("'" + text + "' is longer than a day");
    }
    return duration;
  }
}
