package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers are written to the terminal of the call only. */
class TerminalOutputTest {

  @Test
  void versionIsOneLine() {
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
