package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options of two proxies that meet at a bounce server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceCredentialOptionsTest {

  @TempDir private Path folder;

  @Test
  void remoteProxyInAGroupNeedsNoControlAddress() throws Exception {
    try (var bounce = new PairingBounceServer("hunter2")) {
      String group = "bounce://" + bounce.address() + "/ac";
      var run =
          Cli.run(
              Map.of("CULVERT_BOUNCE_AUTH", "hunter2", "CULVERT_SECRET", "x".repeat(16)),
              "remote-proxy",
              "--control-via=" + group,
              "--outside-addr=127.0.0.1:0");
      assertThat(run.exit()).as(run.err()).isZero();
      assertThat(run.out())
          .matches("remote-proxy: meeting " + group + ", outside default=127\\.0\\.0\\.1:\\d+\n");
      assertThat(run.err()).doesNotContain("hunter2");
    }
  }

  @Test
  void remoteProxyAcceptsAControlAddressAndSeveralGroups() {
    var run = Cli.remote("--control-via=bounce://127.0.0.1:1/1,bounce://127.0.0.1:1/2");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out())
        .matches(
            "remote-proxy: control 127\\.0\\.0\\.1:\\d+, meeting bounce://127.0.0.1:1/1,"
                + " meeting bounce://127.0.0.1:1/2, outside default=127\\.0\\.0\\.1:\\d+\n");
  }

  @Test
  void remoteProxyNeedsAControlAddressOrAGroup() {
    var run = Cli.run("remote-proxy", "--outside-addr=127.0.0.1:0");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains("missing --control-addr [HOST:]PORT or --control-via URL")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--bounce-auth=x | --bounce-auth cannot be used without a group",
        "--bounce-tls-pin=abc | invalid value 'abc' for --bounce-tls-pin",
        "--bounce-tls-server-name=h | --bounce-tls-server-name cannot be used without",
        "--bounce-ws-path=x | 'x' for --bounce-ws-path: expected a path",
        "--bounce-ws-path=/x | --bounce-ws-path cannot be used without",
        "--bounce-tls-ca=a --bounce-tls-pin=b | --bounce-tls-ca and --bounce-tls-pin are both",
        "--control-via=bounce://h:1/1,bounce://h:1/01 | names the same group twice",
        "--control-via=bounce+tls://h:1/1 --bounce-tls-ca=/no/such | --bounce-tls-ca /no/such:"
            + " there"
      })
  void invalidSettingsAreReported(String options, String message) {
    var run = Cli.remote(options.split(" "));
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  @Test
  void originProxyReadsItsFilesBeforeItStarts() throws Exception {
    Path file = Files.write(folder.resolve("auth"), new byte[0]);
    var run =
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=bounce://127.0.0.1:1/ac",
            "--origin-server-addr=127.0.0.1:1",
            "--bounce-auth-file=" + file);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(file + ": the authentication string is empty").hasLineCount(1);
  }
}
