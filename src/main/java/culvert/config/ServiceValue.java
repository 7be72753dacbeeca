package culvert.config;

import java.util.function.Function;

/**
 * The value of a setting in which services can differ: {@code NAME=VALUE}, or {@code VALUE} for the
 * services without a value of their own.
 *
 * @param <T> the type of the value
 * @param service 1 to 64 letters, digits, dots, dashes and underscores, or an empty text
 * @param value the value, whose text has no equals sign unless a colon comes first
 */
public record ServiceValue<T>(String service, T value) {

  /** Validates the name. */
  public ServiceValue {
    if (!service.isEmpty()) {
      Checks.serviceName(service);
    }
  }

  /**
   * Parses both forms. A text with a colon before the equals sign has no name.
   *
   * @param parser parses the part after the name
   * @throws IllegalArgumentException if the name or the value is invalid
   */
  public static <T> ServiceValue<T> parse(String text, Function<String, T> parser) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':');
    if (equals == 0) {
      throw new IllegalArgumentException("a name is missing before the equals sign");
    }
    return equals < 0 || 0 <= colon && colon < equals
        ? new ServiceValue<>("", parser.apply(text))
        : new ServiceValue<>(text.substring(0, equals), parser.apply(text.substring(equals + 1)));
  }
}
