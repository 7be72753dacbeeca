package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Options that are each well-formed and yet make no settings: exit code 78. */
@ExtendWith(LeakCheck.class)
class SettingsExitTest {

  @TempDir private Path folder;

  @Test
  void twoSecretsContradictEachOther() throws IOException {
    refused(
        Cli.remote("--secret=hunter2", "--secret-file=" + file("hunter3")),
        "--secret and --secret-file are both given; keep one");
    refused(
        Cli.remote(
            Map.of("CULVERT_SECRET", "hunter2", "CULVERT_SECRET_FILE", file("hunter3").toString())),
        "--secret and --secret-file are both given; keep one");
  }

  @Test
  void aSecretFileThatCannotBeReadIsNamed() {
    Path missing = folder.resolve("missing");
    refused(Cli.remote("--secret-file=" + missing), "cannot read the secret file " + missing);
    refused(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=127.0.0.1:1",
            "--secret-file=" + missing),
        "cannot read the secret file " + missing);
  }

  @Test
  void anEmptySecretIsNoSecret() throws IOException {
    refused(Cli.remote("--secret="), "the secret is empty");
    refused(Cli.remote(Map.of("CULVERT_SECRET", "")), "the secret is empty");
    Path empty = file("\n");
    refused(Cli.remote("--secret-file=" + empty), "the secret file " + empty + " is empty");
  }

  @Test
  void aServiceNamedTwiceIsRefused() {
    refused(
        Cli.remote("--outside-addr=default=127.0.0.1:0"),
        "--outside-addr names the service 'default' twice");
    refused(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=a=127.0.0.1:1,a=127.0.0.1:2"),
        "--origin-server-addr names the service 'a' twice");
  }

  @Test
  void limitsThatServeNobodyAreRefused() {
    refused(Cli.remote("--max-visitors=0"), "--max-visitors is not within 1 to 1000000");
    refused(Cli.remote("--max-visitors=1000001"), "--max-visitors is not within");
    refused(Cli.remote("--open-timeout=0s"), "--open-timeout is zero");
    refused(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=127.0.0.1:1",
            "--connect-timeout=0ms"),
        "--connect-timeout is zero");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("secret"), text);
  }

  private static void refused(Cli run, String complaint) {
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(complaint).doesNotContain("hunter").hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }
}
