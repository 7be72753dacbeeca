package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.Secret;
import culvert.noise.NoiseKeyPair;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The options accept the output of keygen. */
class KeygenCommandTest {

  @Test
  void secretIsOneLineAndDiffersInEachRun() {
    var first = Cli.run("keygen");
    assertThat(first.exit()).isZero();
    assertThat(first.err()).isEmpty();
    assertThat(first.out()).hasLineCount(1).startsWith(Secret.PREFIX).endsWith("\n");
    var secret = Secret.of(first.out().strip());
    assertThat(secret.isShort()).isFalse();
    assertThat(secret.key().getEncoded()).hasSize(32);
    assertThat(Cli.run("keygen").out()).isNotEqualTo(first.out());
  }

  /** As the output of 'rathole --genkey'. */
  @Test
  void keyPairHasTheFormatOfRathole() {
    var run = Cli.run("keygen", "--noise");
    assertThat(run.exit()).isZero();
    assertThat(run.err()).isEmpty();
    String[] lines = run.out().split("\n");
    assertThat(lines).hasSize(5);
    assertThat(lines[0]).isEqualTo("Private Key:");
    assertThat(lines[2]).isEmpty();
    assertThat(lines[3]).isEqualTo("Public Key:");
    assertThat(NoiseKeyPair.ofPrivateText(lines[1]).publicText()).isEqualTo(lines[4]);
    assertThat(Cli.run("keygen", "--noise").out()).isNotEqualTo(run.out());
  }

  @Test
  void unknownVariableIsReported() {
    var run = Cli.run(Map.of("CULVERT_SECRT", "x"), "keygen");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).hasLineCount(1);
    assertThat(run.err()).contains("unknown variable CULVERT_SECRT: did you mean CULVERT_SECRET?");
  }

  @Test
  void unknownOptionIsRejected() {
    var run = Cli.run("keygen", "--noisy");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("--noisy").hasLineCount(1);
  }
}
