package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks that the JSON schema for editors has the keys and types that the parser accepts. {@code
 * mvn test -Dtest=SettingsSchemaTest -Dschema=write} writes it anew.
 */
class SettingsSchemaTest {

  private static final Path SCHEMA = Path.of("src/site/resources/settings.schema.json");
  private static final Map<Role, Layout> LAYOUTS = SettingsFiles.layouts();

  @BeforeAll
  static void rewriteSchemaOnRequest() throws IOException {
    if ("write".equals(System.getProperty("schema"))) {
      Files.writeString(SCHEMA, schema());
    }
  }

  @Test
  void schemaHasEveryKeyOfTheParser() throws IOException {
    assertThat(Files.readString(SCHEMA))
        .as("run mvn test -Dtest=SettingsSchemaTest -Dschema=write")
        .isEqualTo(schema());
  }

  /** The parser reads each key, and finds at most the value invalid. */
  @ParameterizedTest
  @EnumSource
  void parserKnowsEveryKeyOfTheSchema(Role role) {
    for (Key key : keys(role).values()) {
      var file =
          SettingsFile.parse(
              Path.of("file.toml"),
              "[" + role.block() + "]\n" + key.path().replace("*", "web") + " = " + value(key),
              LAYOUTS,
              Map.of());
      assertThat(file.problems())
          .as(key.path())
          .noneMatch(problem -> problem.message().contains("unknown key"))
          .noneMatch(problem -> problem.message().contains(", found "));
    }
  }

  private static String value(Key key) {
    return switch (key.kind()) {
      case TEXT, DURATION, SIZE -> "\"x\"";
      case INTEGER -> "1";
      case BOOLEAN -> "true";
    };
  }

  /** Returns the keys of both protocols of a block. */
  private static Map<String, Key> keys(Role role) {
    var keys = new TreeMap<>(SettingsFile.ratholeKeys(role).keys());
    keys.putAll(LAYOUTS.get(role).keys());
    return keys;
  }

  private static String schema() {
    var root = new TreeMap<String, Object>();
    for (Role role : Role.values()) {
      var block = new TreeMap<String, Object>();
      keys(role).forEach((path, key) -> put(block, path.split("\\."), 0, key));
      root.put(role.block(), block);
    }
    return "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
        + "  \"title\": \"Settings of Culvert\",\n"
        + "  \"type\": \"object\",\n"
        + properties(root, "  ")
        + "\n}\n";
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> table, String[] path, int at, Key key) {
    if (at == path.length - 1) {
      table.put(path[at], key);
    } else {
      put(
          (Map<String, Object>) table.computeIfAbsent(path[at], name -> new TreeMap<>()),
          path,
          at + 1,
          key);
    }
  }

  @SuppressWarnings("unchecked")
  private static String properties(Map<String, Object> table, String indent) {
    if (table.containsKey("*")) {
      return indent + "\"additionalProperties\": " + node(table.get("*"), indent);
    }
    return indent
        + "\"additionalProperties\": false,\n"
        + indent
        + "\"properties\": {\n"
        + table.entrySet().stream()
            .map(entry ->
                indent + "  \"" + entry.getKey() + "\": " + node(entry.getValue(), indent + "  "))
            .collect(Collectors.joining(",\n"))
        + "\n"
        + indent
        + "}";
  }

  @SuppressWarnings("unchecked")
  private static String node(Object node, String indent) {
    return node instanceof Key key
        ? type(key)
        : "{\n"
            + indent
            + "  \"type\": \"object\",\n"
            + properties((Map<String, Object>) node, indent + "  ")
            + "\n"
            + indent
            + "}";
  }

  private static String type(Key key) {
    String type = "{ \"type\": " + words(key.kind()) + " }";
    return key.isList()
        ? "{ \"oneOf\": [" + type + ", { \"type\": \"array\", \"items\": " + type + " }] }"
        : type;
  }

  private static String words(Kind kind) {
    return switch (kind) {
      case TEXT -> "\"string\"";
      case INTEGER -> "\"integer\"";
      case BOOLEAN -> "\"boolean\"";
      case DURATION, SIZE -> "[\"string\", \"integer\"]";
    };
  }
}
