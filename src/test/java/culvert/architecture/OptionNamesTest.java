package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks that only the command line contains names of options. Other packages refer to a setting by
 * its id, because the user may have set it in another way.
 */
class OptionNamesTest {

  private static final Path SOURCES = Path.of("src/main/java/culvert");
  private static final List<Path> WITH_NAMES =
      List.of(SOURCES.resolve("cli"), SOURCES.resolve("setting"));

  /** An option, but not the dashes around a label in a PEM file. */
  private static final Pattern OPTION = Pattern.compile("(?<!-)--[a-z][a-z-]*");

  @Test
  void stringsOutsideTheCommandLineContainNoOption() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      List<Sources.Word> options =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> WITH_NAMES.stream().noneMatch(file::startsWith))
              .flatMap(file -> Sources.inStrings(file, OPTION).stream())
              .toList();
      assertThat(options).isEmpty();
    }
  }
}
