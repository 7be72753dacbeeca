package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Roles that run with a settings file; each stops at once. */
@ExtendWith(LeakCheck.class)
class SettingsFileRunTest {

  private static final String SERVER =
      """
      [server]
      bind_addr = "127.0.0.1:0"
      secret = "0123456789abcdef"
      services.web.bind_addr = "127.0.0.1:0"
      """;

  private static final String CLIENT =
      """
      [client]
      remote_addr = "127.0.0.1:1"
      services.web.local_addr = "127.0.0.1:1"
      """;

  private static final String BOUNCE =
      """
      [bounce]
      bind = "127.0.0.1"
      port = 0
      """;

  @TempDir private Path folder;

  private String file(String text) throws Exception {
    return Files.writeString(folder.resolve("file.toml"), text).toString();
  }

  @Test
  void contentOfTheFileSelectsTheRole() throws Exception {
    Cli server = Cli.run("run", file(SERVER));
    assertThat(server.out()).startsWith("remote-proxy: control 127.0.0.1:").contains(" web=");
    assertThat(server.exit()).isZero();
    Cli client = Cli.run("run", file(CLIENT));
    assertThat(client.err()).contains("origin-proxy");
    assertThat(client.exit()).isZero();
    assertThat(Cli.run("run", file(BOUNCE)).out())
        .startsWith("bounce-server: listening 127.0.0.1:");
  }

  @Test
  void fileWithSeveralBlocksNeedsTheRole() throws Exception {
    String both = file(SERVER + CLIENT);
    Cli run = Cli.run("run", both);
    assertThat(run.err()).contains("several blocks; choose one of --server, --client");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(Cli.run("run", "--server", both).out()).startsWith("remote-proxy: ");
    assertThat(Cli.run("run", "--client", both).err()).contains("origin-proxy");
    assertThat(Cli.run("run", "--client", "--server", both).exit()).isEqualTo(2);
    assertThat(Cli.run("remote-proxy", "--config", both).out()).startsWith("remote-proxy: ");
    assertThat(Cli.run("remote-proxy", "--config=" + both).out()).startsWith("remote-proxy: ");
    assertThat(Cli.run(Map.of("CULVERT_CONFIG", both), "remote-proxy").out())
        .startsWith("remote-proxy: ");
  }

  @Test
  void fileWithoutTheBlockOfTheRoleIsRejected() throws Exception {
    Cli run = Cli.run("bounce-server", "--config", file(SERVER));
    assertThat(run.err()).contains("the file has no block [bounce]").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  @ParameterizedTest
  @ValueSource(strings = {"default_token = \"x\"", "services.web.token = \"x\""})
  void blockWithTokensOnlyIsValidAndNotRun(String token) throws Exception {
    String rathole = file(CLIENT + token);
    Cli check = Cli.run("check", rathole);
    assertThat(check.err()).contains("rathole protocol, which is not served yet");
    assertThat(check.exit()).isZero();
    Cli run = Cli.run("run", rathole);
    assertThat(run.err()).contains("line 1: [client] has tokens and no secret").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void tokenBesideASecretIsReported() throws Exception {
    Cli run = Cli.run("run", file(SERVER + "services.web.token = \"x\""));
    assertThat(run.err()).contains("server.services.web.token (line 5) has no effect");
    assertThat(run.out()).startsWith("remote-proxy: ");
  }

  @Test
  void everyProblemIsReportedAtTheStart() throws Exception {
    Cli run = Cli.run("remote-proxy", "--config", file(SERVER + "max_session = 1\nshare = true"));
    assertThat(run.err())
        .contains("line 5: server.max_session: ")
        .contains("line 6: server.share: ");
    assertThat(run.err()).hasLineCount(2);
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void messageNamesTheKeyWithFileAndLine() throws Exception {
    String file = file(SERVER + "heartbeat_timeout = \"1s\"");
    Cli run = Cli.run("remote-proxy", "--config", file);
    assertThat(run.err())
        .contains("invalid value '1s' for server.heartbeat_timeout (" + file + " line 5): ")
        .contains("longer than server.heartbeat_interval (10s)");
  }

  @Test
  void messageNamesWhatTheUserHasWrittenInEachPlace() throws Exception {
    String file = file(SERVER + "transport.tls.pin = \"x\"");
    Cli run =
        Cli.run(
            Map.of("CULVERT_HEARTBEAT_TIMEOUT", "1s"), "remote-proxy", "--config", file(SERVER));
    assertThat(run.err()).contains("'1s' for CULVERT_HEARTBEAT_TIMEOUT: ");
    Cli flag = Cli.run("remote-proxy", "--config", file(SERVER), "--heartbeat-timeout=1s");
    assertThat(flag.err()).contains("'1s' for --heartbeat-timeout: ");
    assertThat(file).isNotEmpty();
  }

  /** Text and file of a secret may come from different places: the one that precedes is used. */
  @Test
  void secretOfAHigherPlaceReplacesTheOther() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "from the file 0123456789");
    String file = file(SERVER.replace("secret = \"0123456789abcdef\"", "secret_file = \"/none\""));
    assertThat(Cli.run("run", file).exit()).isEqualTo(78);
    Cli variable = Cli.run(Map.of("CULVERT_SECRET", "a secret of a variable"), "run", file);
    assertThat(variable.exit()).isZero();
    Cli flag = Cli.run("remote-proxy", "--config", file(SERVER), "--secret-file=" + secret);
    assertThat(flag.exit()).isZero();
  }

  @Test
  void secretMayBeInAVariableOrInAFile() throws Exception {
    String ofVariable = file(SERVER.replace("0123456789abcdef", "${MY_SECRET}"));
    assertThat(Cli.run(Map.of("MY_SECRET", "0123456789abcdef"), "run", ofVariable).exit()).isZero();
    Cli unset = Cli.run("run", ofVariable);
    assertThat(unset.err()).contains("server.secret: the variable MY_SECRET is not set");
    Path secret = Files.writeString(folder.resolve("secret.txt"), "from the file 0123456789\n");
    String ofFile = file(SERVER.replace("0123456789abcdef", "file:" + secret));
    assertThat(Cli.run("run", ofFile).exit()).isZero();
  }

  @Test
  void fileWithASecretThatOthersCanReadIsReported() throws Exception {
    String file = file(SERVER);
    Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(Cli.run("run", file).err()).contains("other users can access the file");
    Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-------"));
    assertThat(Cli.run("run", file).err()).doesNotContain("other users");
  }

  @Test
  void fileWithoutASecretOfItsOwnMayBeReadByOthers() throws Exception {
    String ofVariable = file(SERVER.replace("0123456789abcdef", "${MY_SECRET}"));
    Files.setPosixFilePermissions(
        Path.of(ofVariable), PosixFilePermissions.fromString("rw-r--r--"));
    Map<String, String> variables = Map.of("MY_SECRET", "0123456789abcdef");
    assertThat(Cli.run(variables, "run", ofVariable).err()).doesNotContain("chmod");
    String proxy = file(CLIENT + "transport.tcp.proxy = \"http://127.0.0.1:1\"\n");
    assertThat(Cli.run("run", proxy).err()).doesNotContain("chmod");
    String password = file(CLIENT + "transport.tcp.proxy = \"http://a:b@127.0.0.1:1\"\n");
    assertThat(Cli.run("run", password).err()).contains("chmod");
  }

  /** Only a text of the file itself may name a file. */
  @Test
  void variableWhoseValueBeginsWithFileIsASecret() throws Exception {
    String file = file(SERVER.replace("0123456789abcdef", "${MY_SECRET}"));
    assertThat(Cli.run(Map.of("MY_SECRET", "file:/none/0123456789"), "run", file).exit()).isZero();
  }

  @Test
  void hintOfARoleWithAFileNamesKeys() throws Exception {
    Cli client = Cli.run("run", file(CLIENT));
    assertThat(client.err())
        .contains("set client.secret or client.secret_file on both sides")
        .doesNotContain("--secret");
    assertThat(Cli.run("run", file(BOUNCE)).err()).contains("set bounce.auth or bounce.auth_file");
    String open = file(SERVER.replace("secret = \"0123456789abcdef\"\n", ""));
    assertThat(Cli.run("run", open).err())
        .contains("a group of server.control_via", "set server.secret or server.secret_file")
        .doesNotContain("--");
    String[] options = {"--remote-proxy-addr=127.0.0.1:1", "--origin-server-addr=127.0.0.1:1"};
    assertThat(Cli.run("origin-proxy", options[0], options[1]).err())
        .contains("set --secret, --secret-file or CULVERT_SECRET on both sides");
  }

  @Test
  void rangeOfPortsIsOneServiceForEach() throws Exception {
    Cli run = Cli.run("run", file(SERVER + "services.game.bind_addr = \"127.0.0.1:20311-20313\""));
    assertThat(run.out())
        .contains("game.0=127.0.0.1:20311", "game.1=127.0.0.1:20312", "game.2=127.0.0.1:20313");
  }

  @Test
  void typeOfAServiceSelectsUdp() throws Exception {
    Cli run =
        Cli.run(
            "run",
            file(
                SERVER
                    + "services.dns = { type = \"udp\", bind_addr = \"127.0.0.1:0\" }\n"
                    + "services.game = { type = \"udp\", bind_addr = \"127.0.0.1:20321-20322\" }"));
    assertThat(run.out())
        .contains(" web=127.0.0.1:", " dns=udp:127.0.0.1:", "game.1=udp:127.0.0.1:20322");
  }

  @Test
  void logFormatOfTheFileHoldsForErrorsToo() throws Exception {
    Cli run =
        Cli.run(
            "remote-proxy",
            "--config",
            file(SERVER + "heartbeat_timeout = \"1s\"\nlog.format = \"json\""));
    assertThat(run.err()).startsWith("{").contains("server.heartbeat_timeout");
  }

  @Test
  void fileThatIsTooLongIsRejected() throws Exception {
    Cli run = Cli.run("run", file(SERVER + "#".repeat(1 << 17)));
    assertThat(run.err()).contains("the file exceeds 128 KiB").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void settingThatNoPlaceHasIsNamedByItsKey() throws Exception {
    Cli client = Cli.run("run", file("[client]\nremote_addr = \"127.0.0.1:1\""));
    assertThat(client.err()).isEqualTo("origin-proxy: missing client.services.NAME.local_addr\n");
    assertThat(client.exit()).isEqualTo(78);
    Cli server = Cli.run("run", file("[server]\nbind_addr = \"127.0.0.1:0\""));
    assertThat(server.err())
        .contains("missing server.services.NAME.bind_addr or server.port_range")
        .hasLineCount(1);
    assertThat(server.exit()).isEqualTo(78);
  }

  @Test
  void fiveHundredServicesAreValid() throws Exception {
    var services = new StringBuilder(SERVER);
    for (int i = 0; i < 500; i++) {
      services.append("services.s%d.bind_addr = \"127.0.0.1:%d\"\n".formatted(i, 10_000 + i));
    }
    assertThat(Cli.run("check", file(services.toString())).err()).isEmpty();
  }

  @Test
  void helpNeedsNoFile() {
    assertThat(Cli.run("remote-proxy", "--config", "/none", "--help").exit()).isZero();
  }
}
