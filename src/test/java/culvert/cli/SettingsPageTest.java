package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Problem;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks the page about settings files: its examples load, its tables have every key, and the
 * parser accepts the words and defaults of the tables. {@code mvn test -Dtest=SettingsPageTest
 * -Dsettings=write} writes the tables anew.
 */
class SettingsPageTest {

  private static final Path PAGE = Path.of("src/site/markdown/settings.md");
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```toml\\n(.*?)^```$");

  private static final String MARKER = "<!-- Generated from here on: see contributing.md. -->\n";

  @BeforeAll
  static void rewritePageOnRequest() throws IOException {
    if ("write".equals(System.getProperty("settings"))) {
      String page = Files.readString(PAGE);
      String written = page.substring(0, page.indexOf(MARKER) + MARKER.length());
      Files.writeString(PAGE, written + generated());
    }
  }

  static Stream<String> examples() throws IOException {
    return EXAMPLE.matcher(Files.readString(PAGE)).results().map(match -> match.group(1));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void exampleIsValid(String text) {
    var file =
        SettingsFile.parse(
            Path.of("example.toml"),
            text,
            SettingsFiles.layouts(),
            Map.of("TUNNEL_SECRET", "0123456789abcdef"));
    assertThat(FileCheck.problems(file))
        .filteredOn(line -> !line.contains("no such file"))
        .isEmpty();
    assertThat(file.blocks()).isNotEmpty();
  }

  @Test
  void pageListsEveryKeyWithItsTypeAndOption() throws IOException {
    assertThat(Files.readString(PAGE))
        .as("run mvn test -Dtest=SettingsPageTest -Dsettings=write")
        .endsWith(MARKER + generated());
  }

  /** The parser accepts what the tables list: each word, and each default. */
  @ParameterizedTest
  @EnumSource
  void parserAcceptsEveryWordAndDefaultOfTheTable(Role role) {
    var all = KeyFacts.LAYOUTS.get(role).keys().values();
    for (Key key : all) {
      Stream.concat(KeyFacts.words(key).stream(), KeyFacts.defaultOf(role, key).stream())
          .forEach(text ->
              assertThat(problems(role, key, text)).as("%s = %s", key.path(), text).isEmpty());
    }
    assertThat(all).anyMatch(key -> !KeyFacts.words(key).isEmpty());
    assertThat(all).anyMatch(key -> KeyFacts.defaultOf(role, key).isPresent());
  }

  private static List<Problem> problems(Role role, Key key, String text) {
    String path = key.path().replace("*", "web");
    String value = key.kind() == Kind.INTEGER ? text : '"' + text + '"';
    String file = "[" + role.block() + "]\n" + path + " = " + value;
    return SettingsFile.parse(Path.of("file.toml"), file, KeyFacts.LAYOUTS, Map.of())
        .problems()
        .stream()
        .filter(problem -> problem.key().endsWith(path))
        .toList();
  }

  private static String generated() {
    return Arrays.stream(Role.values()).map(SettingsPageTest::table).collect(Collectors.joining());
  }

  private static String table(Role role) {
    return "\n## Keys of ["
        + role.block()
        + "]\n\n| key | value | default | option |\n|---|---|---|---|\n"
        + KeyFacts.LAYOUTS.get(role).keys().values().stream()
            .map(key -> row(role, key))
            .collect(Collectors.joining());
  }

  private static String row(Role role, Key key) {
    return "| %s | %s | %s | %s |\n"
        .formatted(
            code(key.path().replace("*", "NAME")),
            type(key),
            KeyFacts.defaultOf(role, key).map(SettingsPageTest::code).orElse(""),
            key.setting()
                .filter(setting -> !setting.isOfFileOnly())
                .map(setting -> code(setting.flag()))
                .orElse(""));
  }

  private static String code(String text) {
    return "`" + text + "`";
  }

  private static String type(Key key) {
    List<String> words = KeyFacts.words(key);
    if (!words.isEmpty()) {
      String list = key.isList() ? ", or an array of them" : "";
      return words.stream().map(SettingsPageTest::code).collect(Collectors.joining(", ")) + list;
    }
    String type =
        switch (key.kind()) {
          case TEXT -> "string";
          case INTEGER -> "integer";
          case BOOLEAN -> "boolean";
          case DURATION -> "duration";
          case SIZE -> "size";
        };
    return type + (key.isList() ? " or array" : "") + (key.isSecret() ? ", secret" : "");
  }
}
