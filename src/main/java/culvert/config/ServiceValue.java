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
   * Parses both forms, which {@link NamedText} distinguishes.
   *
   * @param parser parses the part after the name
   * @throws IllegalArgumentException if the name or the value is invalid
   */
  public static <T> ServiceValue<T> parse(String text, Function<String, T> parser) {
    NamedText named = NamedText.of(text);
    if (named.hasName() && named.name().isEmpty()) {
      throw new IllegalArgumentException("a name is missing before the equals sign");
    }
    return new ServiceValue<>(named.name(), parser.apply(named.rest()));
  }
}
