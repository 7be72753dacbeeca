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

/** Valid options that are invalid together, or values out of range: exit code 78. */
@ExtendWith(LeakCheck.class)
class SettingsExitTest {

  @TempDir private Path folder;

  @Test
  void secretAndSecretFileAreRejected() throws IOException {
    rejected(
        Cli.remote("--secret=hunter2", "--secret-file=" + file("hunter3")),
        "--secret and --secret-file are both given; keep one");
    rejected(
        Cli.remote(
            Map.of("CULVERT_SECRET", "hunter2", "CULVERT_SECRET_FILE", file("hunter3").toString())),
        "CULVERT_SECRET and CULVERT_SECRET_FILE are both given; keep one");
  }

  @Test
  void unreadableSecretFileIsNamed() {
    Path missing = folder.resolve("missing");
    rejected(
        Cli.remote("--secret-file=" + missing),
        "--secret-file " + missing + ": there is no such file");
    rejected(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=127.0.0.1:1",
            "--secret-file=" + missing),
        "--secret-file " + missing + ": there is no such file");
  }

  @Test
  void emptySecretIsRejected() throws IOException {
    rejected(Cli.remote("--secret="), "--secret: the secret is empty");
    Path empty = file("\n");
    rejected(
        Cli.remote("--secret-file=" + empty), "--secret-file " + empty + ": the secret is empty");
  }

  @Test
  void serviceNamedTwiceIsRejected() {
    rejected(
        Cli.remote("--outside-addr=default=127.0.0.1:0"),
        "--outside-addr names the service 'default' twice");
    rejected(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=a=127.0.0.1:1,a=127.0.0.1:2"),
        "--origin-server-addr names the service 'a' twice");
  }

  @Test
  void limitsOutOfRangeAreRejected() {
    rejected(
        Cli.remote("--max-visitors=0"),
        "invalid value '0' for --max-visitors: expected 1 to 1000000");
    rejected(Cli.remote("--max-visitors=1000001"), "'1000001' for --max-visitors: expected");
    rejected(
        Cli.remote("--open-timeout=0s"),
        "'0s' for --open-timeout: expected a duration longer than zero");
    rejected(
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=127.0.0.1:1",
            "--connect-timeout=0ms"),
        "'0s' for --connect-timeout: expected a duration longer than zero");
  }

  @Test
  void contradictoryLimitsAreRejected() {
    rejected(
        Cli.remote("--heartbeat=10s", "--heartbeat-timeout=10s"),
        "for --heartbeat-timeout: expected a duration longer than --heartbeat");
    rejected(
        Cli.remote(Map.of("CULVERT_HEARTBEAT", "30s")),
        "for --heartbeat-timeout: expected a duration longer than CULVERT_HEARTBEAT (30s)");
    rejected(Cli.remote("--heartbeat=99ms"), "'99ms' for --heartbeat: expected at least 100ms");
    rejected(Cli.remote("--handshake-timeout=0s"), "'0s' for --handshake-timeout: expected");
    rejected(Cli.remote("--half-close-timeout=0s"), "'0s' for --half-close-timeout: expected");
    rejected(
        Cli.remote("--max-stream-buffer=15K"),
        "'15K' for --max-stream-buffer: expected at least 16K");
    rejected(
        Cli.remote("--max-stream-buffer=2G"), "'2G' for --max-stream-buffer: expected at most 1G");
    rejected(Cli.remote("--max-buffer=1023K"), "'1023K' for --max-buffer: expected at least 1M");
    rejected(Cli.remote("--max-streams=0"), "'0' for --max-streams: expected");
    rejected(Cli.remote("--max-opens=0"), "'0' for --max-opens: expected");
    rejected(Cli.remote("--max-sessions=0"), "'0' for --max-sessions: expected");
    rejected(Cli.remote("--max-unauthenticated=0"), "'0' for --max-unauthenticated: expected");
    rejected(
        Cli.remote("--max-unauthenticated-per-addr=0"),
        "'0' for --max-unauthenticated-per-addr: expected");
  }

  @Test
  void invalidNameAndPausesOfAnOriginProxyAreRejected() {
    for (String name : new String[] {"", "my laptop", "n".repeat(65)}) {
      rejected(
          origin("--name=" + name), "invalid value '" + name + "' for --name: expected 1 to 64");
    }
    rejected(origin("--retry-max=0s"), "'0s' for --retry-max: expected");
    rejected(
        origin("--heartbeat=1h"),
        "for --heartbeat-timeout: expected a duration longer than --heartbeat");
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

  private static void rejected(Cli run, String message) {
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(message).doesNotContain("hunter").hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }
}
