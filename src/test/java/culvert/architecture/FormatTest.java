package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every source file is as google-java-format writes it. {@code mvn test -Dtest=FormatTest
 * -Dformat=write} rewrites those that are not.
 */
class FormatTest {

  private static final boolean WRITE = "write".equals(System.getProperty("format"));

  @Test
  void everySourceFileIsFormatted() throws IOException, FormatterException {
    List<String> wrong = new ArrayList<>();
    var formatter = new Formatter();
    for (Path file : sources()) {
      String before = Files.readString(file);
      String after = formatter.formatSourceAndFixImports(before);
      if (!after.equals(before)) {
        if (WRITE) {
          Files.writeString(file, after);
        } else {
          wrong.add(file.toString());
        }
      }
    }
    assertThat(wrong).as("run mvn test -Dtest=FormatTest -Dformat=write").isEmpty();
  }

  private static List<Path> sources() {
    return Stream.of("src", "jlink").flatMap(FormatTest::javaFiles).sorted().toList();
  }

  private static Stream<Path> javaFiles(String folder) {
    try (var files = Files.walk(Path.of(folder))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
