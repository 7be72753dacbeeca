package culvert.cli.importing;

import culvert.config.toml.Table;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A table of a file to import. Each value is taken once; the others have no equivalent. */
final class SourceTable {

  private final String path;
  private final Table table;
  private final SettingsText text;
  private final Set<String> taken = new HashSet<>();

  /**
   * Creates a view of a table.
   *
   * @param path the full key of the table; empty for the whole file
   */
  SourceTable(String path, Table table, SettingsText text) {
    this.path = path;
    this.table = table;
    this.text = text;
  }

  /** Returns a value of this type, if there is one. A value of another type has no equivalent. */
  <T> Optional<T> take(String key, Class<T> type) {
    Optional<Object> value = table.find(key).map(Table.Entry::value);
    if (value.filter(type::isInstance).isPresent()) {
      taken.add(key);
    }
    return value.filter(type::isInstance).map(type::cast);
  }

  /** Returns an inner table, which is empty if there is none; the caller takes its values. */
  SourceTable inner(String key) {
    take(key, Table.class);
    return new SourceTable(name(key), table.table(key), text);
  }

  /** Calls the consumer with a value of this type, if there is one. */
  <T> void with(String key, Class<T> type, Consumer<T> consumer) {
    take(key, type).ifPresent(consumer);
  }

  /** Reports a key that has no equivalent, if the table has it. */
  void reject(String key, String reason) {
    table
        .find(key)
        .ifPresent(entry -> {
          taken.add(key);
          text.notImported(name(key) + " (line " + entry.line() + ")", reason);
        });
  }

  /** Reports every value that was not taken. */
  void rejectOthers() {
    table.entries().stream()
        .filter(entry -> !taken.contains(entry.name()))
        .forEach(entry -> reject(entry.name(), "no equivalent"));
  }

  /** Returns the full key. */
  String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Returns the table itself. */
  Table table() {
    return table;
  }
}
