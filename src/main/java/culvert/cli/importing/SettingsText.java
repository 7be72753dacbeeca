package culvert.cli.importing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The text of a settings file: comments, then the tables of each block. */
final class SettingsText {

  private final String source;
  private final Map<String, List<String>> tables = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> notImported = new ArrayList<>();

  /**
   * Creates an empty file.
   *
   * @param source the settings that are imported, for the first line
   */
  SettingsText(String source) {
    this.source = source;
  }

  /** Sets a key of a table to a string. */
  void put(String table, String key, String text) {
    add(table, key, quoted(text));
  }

  /** Sets a key of a table to a string, or to an array if there are several. */
  void put(String table, String key, List<String> texts) {
    List<String> quoted = texts.stream().map(SettingsText::quoted).toList();
    add(table, key, quoted.size() == 1 ? quoted.getFirst() : "[" + String.join(", ", quoted) + "]");
  }

  /** Sets a key of a table to a whole number. */
  void put(String table, String key, long number) {
    add(table, key, Long.toString(number));
  }

  /** Sets a key of a table to a boolean. */
  void put(String table, String key, boolean truth) {
    add(table, key, Boolean.toString(truth));
  }

  private void add(String table, String key, String value) {
    tables.computeIfAbsent(table, name -> new ArrayList<>()).add(key + " = " + value);
  }

  /** Adds a comment for the user. */
  void note(String text) {
    notes.add(text);
  }

  /** Adds a comment about a setting that has no equal. */
  void notImported(String setting, String reason) {
    notImported.add(setting + ": " + reason);
  }

  /** Adds a comment if a block has no service: its role needs one. */
  void checkServices(String block) {
    if (tables.keySet().stream().noneMatch(table -> table.startsWith(block + ".services."))) {
      notImported(block + ".services", "none is imported, and the role needs one");
    }
  }

  /** Returns whether every setting has an equal. */
  boolean isComplete() {
    return notImported.isEmpty();
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (char each : text.toCharArray()) {
      if (each == '"' || each == '\\') {
        quoted.append('\\').append(each);
      } else if (each < ' ' || each == 0x7f) {
        quoted.append("\\u%04x".formatted((int) each));
      } else {
        quoted.append(each);
      }
    }
    return quoted.append('"').toString();
  }

  private static String comment(String text) {
    return "# " + text.replaceAll("\\p{Cntrl}", "?") + "\n";
  }

  /** Returns the text of the file. */
  @Override
  public String toString() {
    var text = new StringBuilder(comment("Made by 'culvert import' from " + source + "."));
    notes.forEach(note -> text.append(comment(note)));
    notImported.forEach(line -> text.append(comment("not imported: " + line)));
    // Every block in one piece, in the order in which the blocks were added.
    List<String> blocks = tables.keySet().stream().map(SettingsText::block).distinct().toList();
    for (String block : blocks) {
      tables.forEach((table, lines) -> {
        if (block(table).equals(block)) {
          text.append("\n[").append(table).append("]\n");
          lines.forEach(line -> text.append(line).append('\n'));
        }
      });
    }
    return text.toString();
  }

  private static String block(String table) {
    return table.split("\\.", 2)[0];
  }
}
