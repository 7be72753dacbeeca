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

  /** A connection alone. */
  public static final HealthProbe TCP = new HealthProbe(Optional.empty());

  private static final String TCP_TEXT = "tcp";
  private static final String HTTP_PREFIX = "http:";

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
   * Returns an HTTP request.
   *
   * @throws IllegalArgumentException if the path is invalid
   */
  public static HealthProbe http(String path) {
    return new HealthProbe(Optional.of(path));
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static HealthProbe parse(String text) {
    if (text.equals(TCP_TEXT)) {
      return TCP;
    }
    if (!text.startsWith(HTTP_PREFIX)) {
      throw new IllegalArgumentException("neither tcp nor http:PATH");
    }
    return http(text.substring(HTTP_PREFIX.length()));
  }

  /** Returns the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return path.map(given -> HTTP_PREFIX + given).orElse(TCP_TEXT);
  }
}
