package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class VariablePrecedenceTest {

  @Test
  void messageNamesTheOptionThatOverridesTheVariable() {
    var run = Cli.remote(Map.of("CULVERT_OPEN_TIMEOUT", "5s"), "--open-timeout=soon");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains("invalid value 'soon' for --open-timeout: expected")
        .doesNotContain("CULVERT_OPEN_TIMEOUT");
  }
}
