package culvert.cli;

import culvert.config.toml.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Validates a TOML tree by the part of JSON Schema (draft 7) that the schema for editors uses. */
final class SchemaRules {

  private final List<String> problems = new ArrayList<>();

  private SchemaRules() {}

  /** Returns the full keys of invalid values, in the order of the file. */
  static List<String> problems(Map<?, ?> schema, Table root) {
    var rules = new SchemaRules();
    rules.check(schema, root, "");
    return rules.problems;
  }

  private void check(Map<?, ?> schema, Object value, String path) {
    if (value instanceof Table table && "object".equals(schema.get("type"))) {
      table.entries().forEach(entry -> checkKey(schema, entry, path));
      if (schema.get("allOf") instanceof List<?> rules
          && !rules.stream().allMatch(each -> isMet((Map<?, ?>) each, table))) {
        problems.add(path);
      }
    } else if (!isValid(schema, value)) {
      problems.add(path);
    }
  }

  /** Returns whether one of the choices of required keys is met, and with oneOf no other. */
  private static boolean isMet(Map<?, ?> rule, Table table) {
    boolean isOnlyOne = rule.containsKey("oneOf");
    List<?> choices = (List<?>) rule.get(isOnlyOne ? "oneOf" : "anyOf");
    long met =
        choices.stream()
            .map(each -> (List<?>) ((Map<?, ?>) each).get("required"))
            .filter(keys -> keys.stream().allMatch(key -> table.find(key.toString()).isPresent()))
            .count();
    return isOnlyOne ? met == 1 : met > 0;
  }

  private static boolean isName(Map<?, ?> schema, String name) {
    return !(schema.get("propertyNames") instanceof Map<?, ?> names)
        || Pattern.compile(names.get("pattern").toString()).matcher(name).find();
  }

  private void checkKey(Map<?, ?> schema, Table.Entry entry, String parent) {
    String path = parent.isEmpty() ? entry.name() : parent + "." + entry.name();
    Object known =
        schema.get("properties") instanceof Map<?, ?> properties
            ? properties.get(entry.name())
            : schema.get("additionalProperties");
    if (known instanceof Map<?, ?> inner && isName(schema, entry.name())) {
      check(inner, entry.value(), path);
    } else {
      problems.add(path);
    }
  }

  private static boolean isValid(Map<?, ?> schema, Object value) {
    if (schema.get("oneOf") instanceof List<?> choices) {
      return choices.stream().filter(each -> isValid((Map<?, ?>) each, value)).count() == 1;
    }
    if (schema.get("enum") instanceof List<?> words && !words.contains(value)) {
      return false;
    }
    Object type = schema.get("type");
    return (type instanceof List<?> types ? types : List.of(type))
        .stream().anyMatch(each -> isOfType(each, schema, value));
  }

  private static boolean isOfType(Object type, Map<?, ?> schema, Object value) {
    return switch (type.toString()) {
      case "string" -> value instanceof String;
      case "integer" -> value instanceof Long;
      case "boolean" -> value instanceof Boolean;
      case "array" ->
          value instanceof List<?> list
              && list.size() >= (int) schema.get("minItems")
              && list.size() <= (int) schema.get("maxItems")
              && list.stream().allMatch(each -> isValid((Map<?, ?>) schema.get("items"), each));
      default -> false;
    };
  }
}
