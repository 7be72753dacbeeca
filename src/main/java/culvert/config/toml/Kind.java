package culvert.config.toml;

import java.util.List;
import java.util.Optional;

/** The TOML types of a key's value. Its text has the form of the option's. */
public enum Kind {
  /** A string. */
  TEXT("a string"),
  /** A whole number. */
  INTEGER("a whole number"),
  /** A boolean. */
  BOOLEAN("true or false"),
  /** A string with a unit, or a whole number of seconds as in rathole. */
  DURATION("a duration such as \"500ms\", \"10s\" or \"2m\", or a number of seconds"),
  /** A string with a unit, or a whole number of bytes. */
  SIZE("a size such as \"64K\", \"16M\" or \"1G\", or a number of bytes");

  private final String expected;

  Kind(String expected) {
    this.expected = expected;
  }

  /** Returns a description of a valid value. */
  public String expected() {
    return expected;
  }

  /** Returns the text of a value; empty if the value is of another type. */
  Optional<String> text(Object value) {
    return switch (this) {
      case TEXT -> only(String.class, value);
      case INTEGER -> only(Long.class, value);
      case BOOLEAN -> only(Boolean.class, value);
      case DURATION ->
          only(String.class, value).or(() -> only(Long.class, value).map(n -> n + "s"));
      case SIZE -> only(String.class, value).or(() -> only(Long.class, value));
    };
  }

  private static Optional<String> only(Class<?> type, Object value) {
    return type.isInstance(value) ? Optional.of(value.toString()) : Optional.empty();
  }

  /** Returns the type of a value for a message. */
  static String typeOf(Object value) {
    return switch (value) {
      case String text -> "a string";
      case Long number -> "a whole number";
      case Double number -> "a number";
      case Boolean truth -> "a boolean";
      case Table table -> "a table";
      case List<?> list -> "an array";
      default -> "a date or time";
    };
  }
}
