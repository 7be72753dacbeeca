package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Culvert on the class path, outside its module. */
class ClassPathTest {

  @Test
  void versionIsPrintedOutsideTheModule() throws Exception {
    String classPath = location(Main.class) + File.pathSeparator + location(CommandLine.class);
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(java, "-cp", classPath, Main.class.getName(), "--version")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(output).matches("culvert \\d+\\.\\d+\\.\\d+\\S*\n");
    assertThat(process.waitFor()).isZero();
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
