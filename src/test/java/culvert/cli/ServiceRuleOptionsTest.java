package culvert.cli;

import static culvert.testing.Rules.networks;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.cli.process.Terminal;
import culvert.config.Balance;
import culvert.config.ByteCount;
import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.ServiceRules;
import culvert.config.ServiceValue;
import culvert.config.toml.Role;
import culvert.net.Cidr;
import culvert.net.SocketMode;
import culvert.setting.SettingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Rules for services: as options, and as keys of a settings file. */
class ServiceRuleOptionsTest {

  private static final String SERVER =
      """
      [server]
      bind_addr = "127.0.0.1:0"
      services.web.bind_addr = "127.0.0.1:0"
      services.game.bind_addr = "127.0.0.1:5000-5001"
      """;

  @TempDir private Path folder;

  private static ServiceRules parsed(Stream<String> options) {
    return parsed(FileCheck.silent(), options);
  }

  private static ServiceRules parsed(Terminal terminal, Stream<String> options) {
    String[] arguments = Stream.concat(Stream.of("remote-proxy"), options).toArray(String[]::new);
    CommandLine command =
        SettingsFiles.commandLine(terminal, SettingsFiles.of(terminal, arguments), Role.SERVER);
    command.getCommandSpec().root().commandLine().parseArgs(arguments);
    RemoteProxyCommand remote = command.getCommand();
    return remote.settings().rules();
  }

  private ServiceRules ofFile(String lines, String... options) throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), SERVER + lines);
    return parsed(Stream.concat(Stream.of("--config", file.toString()), Stream.of(options)));
  }

  private static ServiceRules ofOptions(String... options) {
    return parsed(
        Stream.concat(
            Stream.of("--control-addr=127.0.0.1:0", "--outside-addr=web=0,game.0=0,game.1=0"),
            Stream.of(options)));
  }

  @Test
  void networksOfAServiceAndOfAllServices() throws Exception {
    var expected =
        NetworkRules.of(
            networks("10.0.0.0/8", "::1", "web=192.0.2.1"),
            networks("web=10.1.0.0/16", "10.2.0.0/16"));
    assertThat(
            ofOptions(
                    "--allow-from=10.0.0.0/8,web=192.0.2.1",
                    "--allow-from",
                    "::1",
                    "--deny-from=10.2.0.0/16,web=10.1.0.0/16")
                .networks())
        .isEqualTo(expected);
    assertThat(
            ofFile(
                    """
                    allow_from = ["10.0.0.0/8", "::1"]
                    deny_from = "10.2.0.0/16"
                    services.web.allow_from = "192.0.2.1"
                    services.web.deny_from = ["10.1.0.0/16"]
                    """)
                .networks())
        .isEqualTo(expected);
  }

  @Test
  void policiesOfAServiceAndOfAllServices() throws Exception {
    var expected =
        PerService.of(
            List.of(
                new ServiceValue<>("", Balance.SOURCE),
                new ServiceValue<>("web", Balance.FEWEST_CONNECTIONS)));
    assertThat(ofOptions("--balance=source,web=least-connections").balance()).isEqualTo(expected);
    assertThat(
            ofFile("balance = \"source\"\nservices.web.balance = \"least-connections\"\n")
                .balance())
        .isEqualTo(expected);
  }

  @Test
  void bandwidthOfAServiceAndOfAllServices() throws Exception {
    PerService<ByteCount> expected =
        PerService.of(
            List.of(
                new ServiceValue<>("", new ByteCount(1 << 20)),
                new ServiceValue<>("web", new ByteCount(64 << 10))));
    assertThat(ofOptions("--max-bandwidth=1M,web=64K").bandwidth()).isEqualTo(expected);
    assertThat(ofFile("max_bandwidth = \"1M\"\nservices.web.max_bandwidth = 65536\n").bandwidth())
        .isEqualTo(expected);
  }

  @Test
  void ruleOfAPortRangeIsForEachOfItsPorts() throws Exception {
    assertThat(ofFile("services.game.deny_from = [\"10.0.0.0/8\", \"::1\"]\n").networks())
        .isEqualTo(
            NetworkRules.of(
                PerService.none(),
                networks("game.0=10.0.0.0/8", "game.0=::1", "game.1=10.0.0.0/8", "game.1=::1")));
  }

  /** Without its rule in the file, the other service would be open to every network. */
  @Test
  void optionForOneServiceKeepsTheRulesOfTheFileForOthers() throws Exception {
    String file =
        """
        deny_from = "10.0.0.0/8"
        balance = "source"
        services.web.allow_from = "192.0.2.1"
        services.web.max_bandwidth = "1M"
        services.game.allow_from = ["192.0.2.2", "192.0.2.3"]
        services.game.max_bandwidth = "2M"
        """;
    ServiceRules rules =
        ofFile(
            file,
            "--allow-from=web=192.0.2.9",
            "--deny-from=web=10.1.0.0/16",
            "--balance=web=round-robin",
            "--max-bandwidth=64K,web=3M");
    PerService<Cidr> game =
        networks("game.0=192.0.2.2", "game.0=192.0.2.3", "game.1=192.0.2.2", "game.1=192.0.2.3");
    assertThat(rules.networks())
        .isEqualTo(
            NetworkRules.of(
                networks("web=192.0.2.9").orElse(game), networks("10.0.0.0/8", "web=10.1.0.0/16")));
    assertThat(rules.balance().value("web")).contains(Balance.ROUND_ROBIN);
    assertThat(rules.balance().value("game.0")).contains(Balance.SOURCE);
    assertThat(rules.bandwidth().value("web")).contains(new ByteCount(3 << 20));
    assertThat(rules.bandwidth().value("game.1")).contains(new ByteCount(2 << 20));
    assertThat(rules.bandwidth().value("")).contains(new ByteCount(64 << 10));
  }

  @Test
  void optionForOneServiceKeepsTheRulesOfTheVariableForOthers() {
    Terminal terminal =
        FileCheck.silent(
            Map.of("CULVERT_DENY_FROM", "10.0.0.0/8,web=10.1.0.0/16,game.0=10.2.0.0/16"));
    assertThat(
            parsed(
                    terminal,
                    Stream.of(
                        "--control-addr=127.0.0.1:0",
                        "--outside-addr=web=0,game.0=0",
                        "--deny-from=web=192.0.2.1"))
                .networks())
        .isEqualTo(
            NetworkRules.of(
                PerService.none(), networks("10.0.0.0/8", "web=192.0.2.1", "game.0=10.2.0.0/16")));
  }

  /** Its values for other services would be lost. */
  @Test
  void invalidVariableIsRejectedAlsoBesideAnOption() {
    Terminal terminal = FileCheck.silent(Map.of("CULVERT_DENY_FROM", "game.0=10.0.0.0/33"));
    assertThatThrownBy(() ->
            parsed(
                terminal,
                Stream.of(
                    "--control-addr=127.0.0.1:0",
                    "--outside-addr=web=0,game.0=0",
                    "--deny-from=web=192.0.2.1")))
        .isInstanceOf(SettingException.class)
        .hasMessageStartingWith(
            "invalid value 'game.0=10.0.0.0/33' for CULVERT_DENY_FROM: expected ADDRESS");
  }

  /** The rule is that of the file, whatever the option has for other services. */
  @Test
  void messageNamesTheKeyOfARuleThatTheOptionDoesNotReplace() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("file.toml"), SERVER + "services.web.max_bandwidth = \"100\"\n");
    Cli run = Cli.run("remote-proxy", "--config", file.toString(), "--max-bandwidth=game.0=1M");
    assertThat(run.err()).contains("services.web.max_bandwidth").doesNotContain("--max-bandwidth");
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void modeOfASocketAndOfAllSockets() throws Exception {
    assertModes(ofOptions("--outside-addr=a=unix:/run/a,b=unix:/run/b", "--socket-mode=660,a=666"));
    assertModes(
        ofFile(
            """
            services.a = {bind_addr = "unix:/run/a", socket_mode = "666"}
            services.b.bind_addr = "unix:/run/b"
            socket_mode = "660"
            """));
    assertThat(ofOptions("--outside-addr=a=unix:/run/a").socketMode("a"))
        .isEqualTo(SocketMode.OWNER);
  }

  private static void assertModes(ServiceRules rules) {
    assertThat(rules.socketMode("a")).hasToString("666");
    assertThat(rules.socketMode("b")).hasToString("660");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--deny-from=wbe=10.0.0.0/8 | --deny-from wbe is for the service 'wbe', which has no"
            + " --outside-addr",
        "--balance=source,web=source,web=round-robin | --balance is given twice for the service"
            + " 'web'",
        "--balance=source,source | --balance is given twice for all services",
        "--balance=web=random | invalid value 'web=random' for --balance: expected one of"
            + " round-robin, least-connections, source",
        "--max-bandwidth=web=100 | invalid value '100' for --max-bandwidth web: expected 1K to"
            + " 1024G bytes per second",
        "--max-bandwidth=100 | invalid value '100' for --max-bandwidth: expected 1K to 1024G bytes"
            + " per second",
        "--max-bandwidth=web=1M,web=2M | --max-bandwidth is given twice for the service 'web'",
        "--max-bandwidth=wbe=1M | --max-bandwidth wbe is for the service 'wbe', which has no"
            + " --outside-addr",
        "--socket-mode=web=660 | --socket-mode web is for the service 'web', which is not at a Unix"
            + " socket",
        "--socket-mode=888 | invalid value '888' for --socket-mode: expected three octal digits"
            + " from 600 to 777, such as 660",
        "--deny-from=10.0.0.0/33 | invalid value '10.0.0.0/33' for --deny-from: expected ADDRESS or"
            + " ADDRESS/BITS, such as 10.0.0.0/8 or 2001:db8::/32",
        "--allow-from=a b=::1 | invalid value 'a b=::1' for --allow-from: expected [NAME=]VALUE,"
            + " with a NAME of 1 to 64 letters, digits, dots, dashes and underscores",
        "--allow-from=web=192.0.2.0/24,198.51.100.0/24 | the value '198.51.100.0/24' of"
            + " --allow-from is for all services, and follows one for the service 'web' in a list;"
            + " write web=198.51.100.0/24, or begin the list with the values for all services",
        "--allow-from==::1 | invalid value '=::1' for --allow-from: expected [NAME=]VALUE, with a"
            + " NAME of 1 to 64 letters, digits, dots, dashes and underscores"
      })
  void invalidRuleIsRejected(String option, String message) {
    Cli run = Cli.run("remote-proxy", "--control-addr=0", "--outside-addr=web=0", option);
    assertThat(run.err()).contains(message);
    assertThat(run.exit()).isIn(2, 78);
  }
}
