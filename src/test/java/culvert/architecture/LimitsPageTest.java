package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Help;
import culvert.observe.Counter;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the limits page with the code: options, defaults, counters and tests exist. */
class LimitsPageTest {

  private static final Path PAGE = Path.of("src/site/markdown/limits.md");
  private static final Path TESTS = Path.of("src/test/java");
  private static final int CELLS = 5;

  /** A row of a table. */
  record Row(String what, String bound, String option, String counter, String test) {
    @Override
    public String toString() {
      return what;
    }
  }

  static List<Row> rows() throws IOException {
    try (Stream<String> lines = Files.lines(PAGE)) {
      return lines
          .filter(line -> line.startsWith("| ") && !line.startsWith("| resource |"))
          .map(line -> line.substring(1).split("\\|", -1))
          .map(cells -> Arrays.stream(cells).map(cell -> cell.strip().replace("`", "")).toList())
          .map(cells -> {
            assertThat(cells).as("cells of %s", cells).hasSize(CELLS + 1);
            return new Row(cells.get(0), cells.get(1), cells.get(2), cells.get(3), cells.get(4));
          })
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void optionsHaveTheDocumentedDefaults(Row row) {
    if (row.option.contains("--")) {
      // The default of some options is computed; the page describes how.
      Help.defaultOf(row.option)
          .ifPresent(value -> assertThat(row.bound.split("[ ;,]+")).contains(value));
    } else {
      assertThat(row.option).isIn("constant", "ulimit -n", "");
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void documentedCountersExist(Row row) {
    if (!row.counter.isEmpty()) {
      assertThat(Counter.valueOf(row.counter.toUpperCase(Locale.ROOT))).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void documentedTestsExist(Row row) throws Exception {
    if (row.test.isEmpty()) {
      assertThat(row.bound).as("a row without a test").contains("on purpose");
      return;
    }
    String[] test = row.test.split("\\.");
    assertThat(test).as("Class.method").hasSize(2);
    assertThat(Arrays.stream(classNamed(test[0]).getDeclaredMethods()).map(Method::getName))
        .contains(test[1]);
  }

  private static Class<?> classNamed(String simple) throws Exception {
    try (Stream<Path> files = Files.walk(TESTS)) {
      Path file =
          files
              .filter(path -> path.endsWith(simple + ".java"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no test class " + simple));
      String name = TESTS.relativize(file).toString().replace('/', '.');
      return Class.forName(name.substring(0, name.length() - ".java".length()));
    }
  }
}
