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

  @Test
  void limitsThatContradictEachOtherAreRefused() {
    refused(
        Cli.remote("--heartbeat=10s", "--heartbeat-timeout=10s"),
        "--heartbeat-timeout is not longer than --heartbeat");
    refused(
        Cli.remote(Map.of("CULVERT_HEARTBEAT", "30s")),
        "--heartbeat-timeout is not longer than --heartbeat");
    refused(Cli.remote("--heartbeat=99ms"), "--heartbeat is shorter than 100ms");
    refused(Cli.remote("--handshake-timeout=0s"), "--handshake-timeout is zero");
    refused(Cli.remote("--half-close-timeout=0s"), "--half-close-timeout is zero");
    refused(Cli.remote("--max-stream-buffer=15K"), "--max-stream-buffer is less than 16K");
    refused(Cli.remote("--max-stream-buffer=2G"), "--max-stream-buffer is more than 1G");
    refused(Cli.remote("--max-buffer=1023K"), "--max-buffer is less than 1M");
    refused(Cli.remote("--max-streams=0"), "--max-streams is not within");
    refused(Cli.remote("--max-opens=0"), "--max-opens is not within");
    refused(Cli.remote("--max-sessions=0"), "--max-sessions is not within");
    refused(Cli.remote("--max-half-open=0"), "--max-half-open is not within");
    refused(Cli.remote("--max-half-open-per-addr=0"), "--max-half-open-per-addr is not within");
  }

  @Test
  void anOriginProxyThatIsNobodyOrNeverPausesIsRefused() {
    for (String name : new String[] {"", "my laptop", "n".repeat(65)}) {
      refused(origin("--name=" + name), "'" + name + "' is no name of an origin proxy");
    }
    refused(origin("--retry-max=0s"), "--retry-max is zero");
    refused(origin("--heartbeat=1h"), "--heartbeat-timeout is not longer than --heartbeat");
  }

  private static Cli origin(String option) {
    return Cli.run(
        "origin-proxy",
        "--remote-proxy-addr=127.0.0.1:1",
        "--origin-server-addr=127.0.0.1:1",
        option);
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
