package culvert.config.toml;

import java.util.List;
import java.util.Optional;

/**
 * A table of a TOML file.
 *
 * @param line where it begins
 * @param entries in the order of the file
 */
public record Table(int line, List<Entry> entries) {

  /** The value of an entry on a line with an error of the syntax; it may be incomplete. */
  static final Object UNREADABLE = new Object();

  /** Copies the list. */
  public Table {
    entries = List.copyOf(entries);
  }

  /**
   * A key of a table.
   *
   * @param name the key without those of the tables around it
   * @param line where the key is
   * @param value a {@link Table}, a list of such values, a String, Long, Double, Boolean, or an
   *     object of {@code java.time}; {@link #UNREADABLE} on a line with an error of the syntax
   */
  public record Entry(String name, int line, Object value) {}

  /** Returns the entry with this key, if there is one. */
  public Optional<Entry> find(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** Returns the table with this key; an empty one if there is none, or another value. */
  public Table table(String name) {
    return find(name)
        .map(Entry::value)
        .map(value -> value instanceof Table table ? table : null)
        .orElseGet(() -> new Table(line, List.of()));
  }

  /** Returns the string with this key, if there is one. */
  public Optional<String> text(String name) {
    return find(name).map(Entry::value).map(value -> value instanceof String text ? text : null);
  }
}
