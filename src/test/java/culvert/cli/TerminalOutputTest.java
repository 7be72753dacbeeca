package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers go to the terminal that was given, and nowhere else. */
class TerminalOutputTest {

  @Test
  void theVersionIsOneLine() {
    var run = Cli.run("--version");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).matches("culvert \\S+\n");
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"remote-proxy", "origin-proxy"})
  void helpNeedsNoOtherOption(String command) {
    var run = Cli.run(command, "--help");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).contains("--secret-file").contains("Usage: " + command);
    assertThat(run.err()).isEmpty();
  }
}
