package culvert.config;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How an origin server is checked: {@code tcp} for a connection, {@code http:PATH} for an HTTP
 * request on one.
 *
 * @param path of the request; empty for a connection alone
 */
public record HealthProbe(Optional<String> path) {

  private static final String TCP = "tcp";
  private static final String HTTP = "http:";

  /** Visible ASCII that a request line can have, except the separator of values. */
  private static final Pattern PATH = Pattern.compile("/[!-+\\--~]{0,199}");

  /**
   * Validates the path.
   *
   * @throws IllegalArgumentException if it is not {@code /} and visible ASCII characters, at most
   *     200 in all and no comma
   */
  public HealthProbe {
    if (path.isPresent() && !PATH.matcher(path.get()).matches()) {
      throw new IllegalArgumentException("invalid path '" + path.get() + "'");
    }
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static HealthProbe parse(String text) {
    if (text.equals(TCP)) {
      return new HealthProbe(Optional.empty());
    }
    if (!text.startsWith(HTTP)) {
      throw new IllegalArgumentException("neither tcp nor http:PATH");
    }
    return new HealthProbe(Optional.of(text.substring(HTTP.length())));
  }

  /** Returns the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return path.map(given -> HTTP + given).orElse(TCP);
  }
}
