package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Help;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that the command reference holds every help text exactly as the program prints it. {@code
 * mvn test -Dtest=ReferencePageTest -Dreference=write} rewrites the page.
 */
class ReferencePageTest {

  private static final boolean WRITE = "write".equals(System.getProperty("reference"));
  private static final Path PAGE = Path.of("src/site/markdown/reference.md");
  private static final String MARKER = "<!-- Generated from here on: see contributing.md. -->\n";

  static List<String> commands() {
    return Help.commands();
  }

  @BeforeAll
  static void rewritePageOnRequest() throws IOException {
    if (WRITE) {
      String page = Files.readString(PAGE);
      String written = page.substring(0, page.indexOf(MARKER) + MARKER.length());
      Files.writeString(PAGE, written + generated());
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void pageShowsHelpOfCommand(String command) throws IOException {
    assertThat(Files.readString(PAGE)).contains(section(command));
  }

  @Test
  void pageShowsNoOtherCommand() throws IOException {
    assertThat(Files.readString(PAGE))
        .as("run mvn test -Dtest=ReferencePageTest -Dreference=write")
        .endsWith(MARKER + generated());
  }

  private static String generated() {
    return commands().stream().map(ReferencePageTest::section).collect(Collectors.joining());
  }

  private static String section(String command) {
    String help = Help.of(command.replaceFirst("^culvert ?", "")).strip();
    return "\n## " + command + "\n\n```text\n" + help + "\n```\n";
  }
}
