package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Help;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README prints every help text as the program does. */
class ReadmeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "remote-proxy",
        "origin-proxy",
        "bounce-server",
        "bounce connect",
        "bore local",
        "bore server",
        "keygen",
        "demo"
      })
  void theReadmeShowsTheHelp(String command) throws IOException {
    String help = Help.of(command).strip();
    assertThat(Files.readString(Path.of("README.md"))).contains(help);
  }
}
