package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Culvert on the class path, outside its module. */
class ClassPathTest {

  @Test
  void versionIsPrintedOutsideTheModule() throws Exception {
    ClassPathRun run = ClassPathRun.of(List.of(), "--version");
    assertThat(run.output()).matches("culvert \\d+\\.\\d+\\.\\d+\\S*\n");
    assertThat(run.exit()).isZero();
  }

  /** The TOML library is needed only for a settings file: it is not on this class path. */
  @Test
  void roleWithoutSettingsFileLoadsNoTomlLibrary() throws Exception {
    ClassPathRun run =
        ClassPathRun.of(
            List.of(), "remote-proxy", "--control-addr=1", "--outside-addr=2", "--transport=tls");
    assertThat(run.output())
        .isEqualTo(
            "remote-proxy: --transport tls needs a certificate: set --tls-cert and --tls-key, or"
                + " --tls-pkcs12\n");
    assertThat(run.exit()).isEqualTo(78);
  }
}
