package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /** The TOML library is needed only for a settings file: it is not on this class path. */
  @Test
  void roleWithoutSettingsFileLoadsNoTomlLibrary() throws Exception {
    String classPath = location(Main.class) + File.pathSeparator + location(CommandLine.class);
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var arguments = List.of("remote-proxy", "--control-addr=1", "--outside-addr=2");
    var command = new ArrayList<>(List.of(java, "-cp", classPath, Main.class.getName()));
    command.addAll(arguments);
    command.add("--transport=tls");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(output)
        .isEqualTo(
            "remote-proxy: --transport tls needs a certificate: set --tls-cert and --tls-key, or"
                + " --tls-pkcs12\n");
    assertThat(process.waitFor()).isEqualTo(78);
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
