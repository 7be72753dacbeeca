package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.toml.Key;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks the page about settings files: its examples load, and its tables have every key. {@code
 * mvn test -Dtest=SettingsPageTest -Dsettings=write} writes the tables anew.
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
            Map.of("CULVERT_TUNNEL_SECRET", "0123456789abcdef"));
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

  private static String generated() {
    var layouts = SettingsFiles.layouts();
    return Arrays.stream(Role.values())
        .map(role -> table(role, layouts.get(role)))
        .collect(Collectors.joining());
  }

  private static String table(Role role, Layout layout) {
    return "\n## Keys of ["
        + role.block()
        + "]\n\n| key | value | option |\n|---|---|---|\n"
        + layout.keys().values().stream().map(SettingsPageTest::row).collect(Collectors.joining());
  }

  private static String row(Key key) {
    return "| `"
        + key.path().replace("*", "NAME")
        + "` | "
        + type(key)
        + " | "
        + key.setting().map(setting -> "`" + setting.flag() + "`").orElse("")
        + " |\n";
  }

  private static String type(Key key) {
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
