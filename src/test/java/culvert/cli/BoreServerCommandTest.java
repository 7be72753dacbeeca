package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.FirstLine;
import culvert.config.Secret;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options, variables, first line and warnings of bore server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreServerCommandTest {

  private static Cli server(Map<String, String> environment, String... more) {
    var all = new ArrayList<>(List.of("bore", "server"));
    all.addAll(List.of("--bind-addr=127.0.0.1", "--control-port=0"));
    all.addAll(List.of(more));
    return Cli.run(environment, all.toArray(String[]::new));
  }

  @Test
  void firstLineHasTheControlAddress() {
    var run = server(Map.of());
    assertThat(run.exit()).isZero();
    assertThat(FirstLine.BORE_SERVER.matcher(run.out().strip()).matches()).isTrue();
    assertThat(run.err()).contains("NO SECRET IS SET");
  }

  @Test
  void secretIsReadFromTheVariableOfBore() {
    var run = server(Map.of("BORE_SECRET", "abc"));
    assertThat(run.exit()).isZero();
    assertThat(run.err()).doesNotContain("NO SECRET").doesNotContain("abc");
  }

  /** Also an empty one, as in bore, but not from a variable, which is then not set. */
  @Test
  void emptySecretIsAcceptedOnTheCommandLine() {
    assertThat(server(Map.of(), "--secret=").err()).doesNotContain("NO SECRET");
    assertThat(server(Map.of("BORE_SECRET", "")).err()).contains("NO SECRET");
  }

  @Test
  void rustLogSetsTheLogLevel() {
    assertThat(server(Map.of("RUST_LOG", "error")).err()).isEmpty();
    assertThat(server(Map.of("RUST_LOG", "warn")).err()).contains("WARN").doesNotContain("INFO");
  }

  @Test
  void helpContainsEveryOptionOfBore() {
    String help = Help.of("bore server");
    assertThat(help)
        .contains("--min-port", "--max-port", "-s, --secret", "--bind-addr", "--bind-tunnels")
        .contains("-h, --help", "--control-port", "1024", "65535", "0.0.0.0", "7835")
        .contains("BORE_MIN_PORT", "BORE_MAX_PORT", "BORE_SECRET");
  }

  /** As in bore itself. */
  @Test
  void helpAndVersionHaveTheFormsOfBore() {
    assertThat(Cli.run("bore", "help", "server").out().strip())
        .isEqualTo(Help.of("bore server").strip());
    assertThat(Cli.run("bore", "help").out()).contains("local", "server");
    assertThat(Cli.run("bore", "-V").out()).isEqualTo(Cli.run("--version").out()).isNotBlank();
    assertThat(Cli.run("bore").exit()).isEqualTo(2);
  }

  @Test
  void bothEndsOfTheRangeAreReadFromVariables() {
    var run = server(Map.of("BORE_MIN_PORT", "5000", "BORE_MAX_PORT", "3000"));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("port range is empty").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "--min-port=70000, 70000, a port from 0 to 65535",
    "--max-port=-1, -1, a port from 0 to 65535",
    "--bind-tunnels=example.com, example.com, an IP address",
    "--bind-tunnels=1.2.3, 1.2.3, an IP address",
    "--bind-tunnels=, '', an IP address"
  })
  void invalidValueIsReportedInOneLine(String option, String value, String expected) {
    var run = server(Map.of(), option);
    assertThat(run.exit()).isEqualTo(2);
    String name = option.split("=")[0];
    assertThat(run.err())
        .contains("invalid value '" + value + "' for " + name + ": expected " + expected)
        .hasLineCount(1);
  }

  @Test
  void controlPortIsAPort() {
    var run = Cli.run("bore", "server", "--control-port=65536");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("'65536' for --control-port: expected a port from 0 to 65535");
  }

  @Test
  void addressOfAnotherHostIsAFailure() {
    var run =
        Cli.run("bore", "server", "--bind-addr=192.0.2.1", "--control-port=0", "--secret=abc");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("cannot listen on 192.0.2.1:0");
  }

  @Test
  void remoteProxyAlsoServesBoreClients() {
    var run = Cli.remote("--bore-addr=127.0.0.1:0", "--port-range=127.0.0.1:20000-20999");
    assertThat(run.exit()).isZero();
    assertThat(run.out().replaceAll("127\\.0\\.0\\.1:\\d+(?!-)\\b", "_"))
        .contains("control _, bore _, outside default=_, ");
    assertThat(run.err()).contains("NO SECRET IS SET for bore clients");
  }

  @Test
  void secretOfOriginProxiesIsAlsoThatOfBoreClients() {
    var run =
        Cli.remote(
            "--bore-addr=127.0.0.1:0", "--port-range=20000-20999", "--secret=" + Secret.generate());
    assertThat(run.exit()).isZero();
    assertThat(run.err()).doesNotContain("WARN");
  }

  /** In bore's protocol a recorded login allows fast guesses. */
  @Test
  void typedSecretOfOriginProxiesCausesAWarning() {
    String warning = "prove the secret of origin proxies without encryption";
    String[] both = {
      "--bore-addr=127.0.0.1:0", "--port-range=20000-20999", "--secret=a b c d e f g"
    };
    assertThat(Cli.remote(both).err()).contains(warning);
    String[] three = Arrays.copyOf(both, 4);
    three[3] = "--bore-secret=another";
    assertThat(Cli.remote(three).err()).doesNotContain(warning);
  }

  @Test
  void secretIsReadFromAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "of clients\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(server(Map.of(), "--secret-file=" + file).err()).doesNotContain("WARN");
    assertThat(server(Map.of("BORE_SECRET_FILE", file.toString())).err()).doesNotContain("WARN");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(server(Map.of(), "--secret-file=" + file).err()).contains("chmod 600");
    var both = server(Map.of(), "--secret-file=" + file, "--secret=abc");
    assertThat(both.exit()).isEqualTo(78);
    assertThat(both.err()).contains("both given; keep one").hasLineCount(1);
    var missing = server(Map.of(), "--secret-file=" + folder.resolve("none"));
    assertThat(missing.exit()).isEqualTo(78);
    assertThat(missing.err()).contains("--secret-file ", "there is no such file");
  }

  @Test
  void secretOfBoreClientsIsReadFromAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "of clients\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    var run =
        Cli.remote(
            "--bore-addr=127.0.0.1:0",
            "--port-range=20000-20999",
            "--secret=" + Secret.generate(),
            "--bore-secret-file=" + file);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("--bore-secret-file").contains("chmod 600");
  }

  @Test
  void boreSecretWithoutBoreAddressIsInvalid() {
    var run = Cli.remote("--bore-secret=hush");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err())
        .contains("--bore-secret has no effect without --bore-addr")
        .doesNotContain("hush");
  }

  @Test
  void boreClientsNeedAPortRange() {
    var run = Cli.remote("--bore-addr=127.0.0.1:0");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("--bore-addr requires --port-range").hasLineCount(1);
  }

  @Test
  void remoteProxyNeedsAnAddressForVisitors() {
    var run = Cli.run("remote-proxy", "--control-addr=127.0.0.1:0");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("missing --outside-addr").contains("--port-range");
  }

  @Test
  void outsidePortIsForOneServiceOnly() {
    var run =
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=a=127.0.0.1:2,b=127.0.0.1:3",
            "--outside-port=8000");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("--outside-port names one port for several services");
  }
}
