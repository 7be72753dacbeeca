package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import culvert.config.toml.Table;
import culvert.config.toml.TomlDocument;
import culvert.setting.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that the JSON schema for editors has the keys, types and words that the parser accepts,
 * and validates files with it. {@code mvn test -Dtest=SettingsSchemaTest -Dschema=write} writes it
 * anew.
 */
class SettingsSchemaTest {

  private static final Path SCHEMA = Path.of("src/site/resources/settings.schema.json");

  private static String text() {
    return json(schema(), "") + "\n";
  }

  @BeforeAll
  static void rewriteSchemaOnRequest() throws IOException {
    if ("write".equals(System.getProperty("schema"))) {
      Files.writeString(SCHEMA, text());
    }
  }

  @Test
  void schemaHasEveryKeyOfTheParser() throws IOException {
    assertThat(Files.readString(SCHEMA))
        .as("run mvn test -Dtest=SettingsSchemaTest -Dschema=write")
        .isEqualTo(text());
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
              KeyFacts.LAYOUTS,
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
    keys.putAll(KeyFacts.LAYOUTS.get(role).keys());
    return keys;
  }

  static Stream<String> validFiles() throws IOException {
    return SettingsPageTest.examples();
  }

  @ParameterizedTest
  @MethodSource("validFiles")
  void schemaAcceptsTheExamplesOfThePage(String text) {
    assertThat(SchemaRules.problems(schema(), TomlDocument.parse(text).root())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "[servr] | servr",
        "[server]\\nbind_adr = '1' | server.bind_adr",
        "[server]\\nmax_visitors = '1' | server.max_visitors",
        "[server]\\nsecret_file = [1] | server.secret_file",
        "[server]\\nidle_timeout = true | server.idle_timeout",
        "[server]\\nservices.web = 1 | server.services.web",
        "[server]\\nservices.web.typ = 'tcp' | server.services.web.typ",
        "[server]\\nservices.web.type = 'sctp' | server.services.web.type",
        "[server]\\nclients.a.services = '*' | server.clients.a",
        "[server]\\nclients.a = {secret='x', secret_file='x', ports='1'} | server.clients.a",
        "[server]\\nclients.a.secret = 'x' | server.clients.a",
        "[server]\\nclients.'a b' = {secret='x', ports='1'} | server.clients.a b",
        "[client]\\nlog.level = 'loud' | client.log.level",
        "[client]\\ntransport.type = 'quic' | client.transport.type",
        "[client]\\nremote_addr = [] | client.remote_addr",
        "[client]\\nsecret_file = [] | client.secret_file"
      })
  void schemaRejectsAnInvalidKeyOrValue(String text, String key) {
    Table root = TomlDocument.parse(text.replace("\\n", "\n")).root();
    assertThat(SchemaRules.problems(schema(), root)).containsExactly(key);
  }

  /** Returns the schema; its objects are maps, its arrays lists. */
  private static Map<String, Object> schema() {
    var root = new TreeMap<String, Object>();
    for (Role role : Role.values()) {
      var block = new TreeMap<String, Object>();
      keys(role).forEach((path, key) -> put(block, path.split("\\."), 0, value(role, key)));
      root.put(role.block(), block);
    }
    var schema = new LinkedHashMap<String, Object>();
    schema.put("$schema", "http://json-schema.org/draft-07/schema#");
    schema.put("title", "Settings of Culvert");
    schema.putAll(table(root));
    return schema;
  }

  /** The schema of a value, as opposed to the keys of a table. */
  private record Value(Map<String, Object> schema) {}

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> table, String[] path, int at, Value value) {
    if (at == path.length - 1) {
      table.put(path[at], value);
    } else {
      put(
          (Map<String, Object>) table.computeIfAbsent(path[at], name -> new TreeMap<>()),
          path,
          at + 1,
          value);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> table(Map<String, Object> keys) {
    var schema = new LinkedHashMap<String, Object>();
    schema.put("type", "object");
    var properties = new LinkedHashMap<String, Object>();
    keys.forEach((name, each) ->
        properties.put(
            name, each instanceof Value value ? value.schema : table((Map<String, Object>) each)));
    if (properties.containsKey("*")) {
      schema.put("propertyNames", Map.of("pattern", "^[A-Za-z0-9._-]{1,64}$"));
      schema.put("additionalProperties", properties.get("*"));
    } else {
      schema.put("additionalProperties", false);
      schema.put("properties", properties);
    }
    if (properties.keySet().containsAll(Set.of("secret", "services", "ports"))) {
      schema.put(
          "allOf",
          List.of(
              Map.of("oneOf", List.of(required("secret"), required("secret_file"))),
              Map.of("anyOf", List.of(required("services"), required("ports")))));
    }
    return schema;
  }

  private static Map<String, Object> required(String key) {
    return Map.of("required", List.of(key));
  }

  private static Value value(Role role, Key key) {
    var schema = new LinkedHashMap<String, Object>();
    KeyFacts.description(role, key).ifPresent(text -> schema.put("description", text));
    KeyFacts.defaultOf(role, key).ifPresent(text -> schema.put("default", json(key, text)));
    if (key.isList()) {
      var array = new LinkedHashMap<String, Object>(Map.of("type", "array"));
      array.put("items", type(key));
      array.put("minItems", 1);
      array.put("maxItems", maxItems(key));
      schema.put("oneOf", List.of(type(key), array));
    } else {
      schema.putAll(type(key));
    }
    return new Value(schema);
  }

  private static int maxItems(Key key) {
    return key.setting().filter(Setting.REMOTE_PROXY_ADDR::equals).isPresent()
        ? OriginSettings.MAX_REMOTES
        : Key.MAX_VALUES;
  }

  private static Object json(Key key, String text) {
    return key.kind() == Kind.INTEGER ? Long.valueOf(text) : text;
  }

  private static Map<String, Object> type(Key key) {
    var type = new LinkedHashMap<String, Object>();
    type.put(
        "type",
        switch (key.kind()) {
          case TEXT -> "string";
          case INTEGER -> "integer";
          case BOOLEAN -> "boolean";
          case DURATION, SIZE -> List.of("string", "integer");
        });
    List<String> words = KeyFacts.words(key);
    if (!words.isEmpty()) {
      type.put("enum", words);
    }
    return type;
  }

  private static String json(Object node, String indent) {
    String inner = indent + "  ";
    return switch (node) {
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(entry -> inner + json(entry.getKey(), "") + ": " + json(entry.getValue(), inner))
              .collect(Collectors.joining(",\n", "{\n", "\n" + indent + "}"));
      case List<?> list ->
          list.stream().map(each -> json(each, indent)).collect(Collectors.joining(", ", "[", "]"));
      case String text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
      default -> node.toString();
    };
  }
}
