package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A secret is used unchanged, and no message contains it. */
class SecretOptionTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a${sys:user.name}b",
        "a$${b}c",
        "${undefined}",
        "@@x",
        "@x",
        "\"q\"",
        "a\\b",
        "-x"
      })
  void secretIsUsedUnchanged(String secret) {
    assertThat(secretOf(Map.of(), "--secret=" + secret)).as("with =").isEqualTo(secret);
    assertThat(secretOf(Map.of("CULVERT_SECRET", secret))).as("variable").isEqualTo(secret);
    assertThat(secretOf(Map.of(), "--secret", secret)).as("own argument").isEqualTo(secret);
  }

  @Test
  void secretInPlaceOfAMissingValueIsNotPrinted() {
    for (String option : new String[] {"--log-level", "--control-addr", "--open-timeout"}) {
      var run = Cli.run("remote-proxy", option, "--secret=hunter2");
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).doesNotContain("hunter2");
    }
  }

  @Test
  void secretAttachedToItsOptionIsNotPrinted() {
    for (String attached : new String[] {"--secrethunter2", "--secret:hunter2", "-hunter2"}) {
      var run = Cli.remote(attached);
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).doesNotContain("hunter2");
    }
  }

  private static String secretOf(Map<String, String> environment, String... more) {
    var command = Cli.commandLine(environment);
    String[] all = Arrays.copyOf(Cli.REMOTE, Cli.REMOTE.length + more.length);
    System.arraycopy(more, 0, all, Cli.REMOTE.length, more.length);
    return command.parseArgs(all).subcommand().commandSpec().findOption("--secret").getValue();
  }
}
