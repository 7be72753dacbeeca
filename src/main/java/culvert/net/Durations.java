package culvert.net;

import java.time.Duration;

/** How durations are written for people, and read from them. */
public final class Durations {

  private Durations() {}

  /** {@code 500ms}, {@code 10s}, {@code 2m}: the largest unit that is exact. */
  public static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 60_000 == 0 && millis != 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /**
   * Reads what {@link #of} writes, and {@code h}.
   *
   * @throws IllegalArgumentException whose message says how a duration is written
   */
  public static Duration parse(String text) {
    int unit = 0;
    while (unit < text.length() && Character.digit(text.charAt(unit), 10) >= 0) {
      unit++;
    }
    if (unit > 0 && unit <= 9) {
      long amount = Long.parseLong(text.substring(0, unit));
      switch (text.substring(unit)) {
        case "ms":
          return Duration.ofMillis(amount);
        case "s":
          return Duration.ofSeconds(amount);
        case "m":
          return Duration.ofMinutes(amount);
        case "h":
          return Duration.ofHours(amount);
        default:
          break;
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no duration; write a number and a unit, as 500ms, 10s or 2m");
  }
}
