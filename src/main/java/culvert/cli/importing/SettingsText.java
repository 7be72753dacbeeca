package culvert.cli.importing;

import culvert.config.toml.Problem;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The text of a settings file: comments, then the tables of each block. */
final class SettingsText {

  private static final String SERVICES = ".services.";

  private final String source;

  /** The lines of each table by their keys. */
  private final Map<String, Map<String, String>> tables = new LinkedHashMap<>();

  private final List<String> notes = new ArrayList<>();

  /** Settings that are not in the file, and settings that it lacks. */
  private final Set<String> lost = new LinkedHashSet<>();

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

  /**
   * Sets the secret of blocks, unless it is empty or would be the name of a file or variable.
   *
   * @param setting the name of the secret in the source
   */
  void putSecret(String setting, List<String> blocks, String secret) {
    if (secret.isBlank()) {
      notImported(setting, "it is empty; set 'secret' in each block");
    } else if (!SettingsFile.isLiteralSecret(secret)) {
      notImported(
          setting,
          "a settings file would read it as the name of a file or variable; set 'secret_file'");
    } else {
      blocks.forEach(block -> put(block, Setting.SECRET.key(), secret));
    }
  }

  private void add(String table, String key, String value) {
    tables.computeIfAbsent(table, name -> new LinkedHashMap<>()).put(key, key + " = " + value);
  }

  /** Adds a comment for the user. */
  void note(String text) {
    notes.add(text);
  }

  /** Adds a comment about a setting that has no equivalent. */
  void notImported(String setting, String reason) {
    lost.add("not imported: " + setting + ": " + reason);
  }

  /**
   * Moves the settings with problems to the comments. A service that one block loses is removed
   * from the other one too.
   *
   * @param problems each with the key of a value to remove, or none if a setting is missing
   * @return whether the file has less than before
   */
  boolean reject(List<Problem> problems) {
    Set<String> pairs = pairs();
    boolean isChanged = false;
    for (Problem problem : problems) {
      if (problem.key().isEmpty()) {
        lost.add("incomplete: " + problem.message());
      } else {
        isChanged |= isRemoved(problem.key());
        notImported(problem.key(), problem.message().replace(problem.key() + ": ", ""));
      }
    }
    pairs.removeAll(pairs());
    pairs.forEach(this::removeService);
    return isChanged;
  }

  private boolean isRemoved(String key) {
    boolean isTable = tables.keySet().removeIf(table -> shown(table).equals(key));
    boolean isKey = false;
    for (Map.Entry<String, Map<String, String>> table : tables.entrySet()) {
      String prefix = shown(table.getKey()) + ".";
      isKey |= table.getValue().keySet().removeIf(each -> (prefix + each).equals(key));
    }
    tables.values().removeIf(Map::isEmpty);
    return isTable || isKey;
  }

  /** Returns the services that several blocks have. */
  private Set<String> pairs() {
    var services = new HashSet<String>();
    return tables.keySet().stream()
        .filter(table -> table.contains(SERVICES))
        .map(SettingsText::service)
        .filter(service -> !services.add(service))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String service(String table) {
    return table.substring(table.indexOf(SERVICES) + SERVICES.length());
  }

  private void removeService(String service) {
    tables
        .keySet()
        .removeIf(table -> {
          boolean isRemoved = table.contains(SERVICES) && service(table).equals(service);
          if (isRemoved) {
            notImported(shown(table), "the other block has no such service");
          }
          return isRemoved;
        });
  }

  /** Returns whether a remote proxy with the file accepts any client. */
  boolean isOpen() {
    Map<String, String> server = tables.getOrDefault(Role.SERVER.block(), Map.of());
    return !server.isEmpty()
        && !server.containsKey(Setting.SECRET.key())
        && !server.containsKey(Setting.SECRET_FILE.key());
  }

  /** Returns the key of a table as in messages, which have no quotes. */
  private static String shown(String table) {
    return table.replace("\"", "");
  }

  /** Returns whether every setting is imported. */
  boolean isComplete() {
    return lost.isEmpty();
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
    var text = new StringBuilder(comment("Generated by 'culvert import' from " + source + "."));
    notes.forEach(note -> text.append(comment(note)));
    lost.forEach(line -> text.append(comment(line)));
    // Every block in one piece, in the order in which the blocks were added.
    List<String> blocks = tables.keySet().stream().map(SettingsText::block).distinct().toList();
    for (String block : blocks) {
      tables.forEach((table, lines) -> {
        if (block(table).equals(block)) {
          text.append("\n[").append(table).append("]\n");
          lines.values().forEach(line -> text.append(line).append('\n'));
        }
      });
    }
    return text.toString();
  }

  private static String block(String table) {
    return table.split("\\.", 2)[0];
  }
}
