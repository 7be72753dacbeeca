package culvert.config.toml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/**
 * A parsed TOML text.
 *
 * @param root the table of the whole text, as far as it could be parsed
 * @param problems the syntax errors, and keys that are defined twice
 */
public record TomlDocument(Table root, List<Problem> problems) {

  /** The part of a message that quotes the text. */
  private static final Pattern QUOTED =
      Pattern.compile(
          "^unexpected '(.*?)'(?=, expected |$)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** A letter or a digit. */
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]");

  /** Parses a text. The first call loads the TOML library. */
  public static TomlDocument parse(String text) {
    Optional<Problem> limit = TextScan.problem(text);
    if (limit.isPresent()) {
      return rejected(limit.get());
    }
    try {
      TomlParseResult result = Toml.parse(text);
      List<Problem> problems =
          result.errors().stream().map(TomlDocument::problem).sorted().toList();
      Set<Integer> invalid = problems.stream().map(Problem::line).collect(Collectors.toSet());
      return new TomlDocument(table(1, result, invalid), problems);
    } catch (StackOverflowError e) {
      // The scan does not follow the parser's recovery from errors of the syntax.
      return rejected(Problem.ofSyntax(1, "the brackets of a value are nested too deeply"));
    }
  }

  private static TomlDocument rejected(Problem problem) {
    return new TomlDocument(new Table(1, List.of()), List.of(problem));
  }

  private static Problem problem(TomlParseError error) {
    int column = error.position().column();
    String message = withoutText(error.getMessage());
    return Problem.ofSyntax(
        error.position().line(),
        "column "
            + column
            + ": "
            + Character.toLowerCase(message.charAt(0))
            + message.substring(1).replaceAll("\\s+", " "));
  }

  /** Returns the message without words of the parsed text, which may be part of a secret. */
  private static String withoutText(String message) {
    String expected =
        QUOTED
            .matcher(message)
            .replaceFirst(found ->
                WORD.matcher(found.group(1)).find()
                    ? "unexpected text"
                    : Matcher.quoteReplacement(found.group()));
    return expected
        .replaceFirst("(?is)(invalid escape sequence) '.*", "$1")
        .replaceFirst("(?is)(invalid [a-z ]*): .*", "$1");
  }

  private static Table table(int line, TomlTable parsed, Set<Integer> invalid) {
    record Placed(Table.Entry entry, int column) {}
    var entries = new ArrayList<Placed>();
    for (String name : parsed.keySet()) {
      var path = List.of(name);
      var position = parsed.inputPositionOf(path);
      Object value = value(position.line(), parsed.get(path), invalid);
      entries.add(new Placed(new Table.Entry(name, position.line(), value), position.column()));
    }
    entries.sort(
        Comparator.comparingInt((Placed placed) -> placed.entry.line())
            .thenComparingInt(Placed::column));
    return new Table(line, entries.stream().map(Placed::entry).toList());
  }

  /** Returns a value; a scalar on one of the invalid lines may be incomplete. */
  private static Object value(int line, Object parsed, Set<Integer> invalid) {
    return switch (parsed) {
      case TomlTable inner -> table(line, inner, invalid);
      case TomlArray array -> invalid.contains(line) ? Table.UNREADABLE : list(array, invalid);
      default -> invalid.contains(line) ? Table.UNREADABLE : parsed;
    };
  }

  private static List<Object> list(TomlArray array, Set<Integer> invalid) {
    var values = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      values.add(value(array.inputPositionOf(i).line(), array.get(i), invalid));
    }
    return List.copyOf(values);
  }
}
