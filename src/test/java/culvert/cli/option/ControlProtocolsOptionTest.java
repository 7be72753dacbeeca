package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ControlProtocolsOptionTest {

  private static final String PORTS = "--port-range=127.0.0.1:20000-29999";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--protocol=native,bore",
        "--protocol=bore,native",
        "--protocol=native --protocol=bore",
        "--protocol=native,bore --bore-secret=abc",
        "--protocol=native,bore --bore-addr=127.0.0.1:0",
        "--protocol=native"
      })
  void protocolsOfOneAddressAreAccepted(String options) {
    String[] all = (PORTS + " " + options).split(" ");
    var run = Cli.remote(all);
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("remote-proxy: control 127.0.0.1:").hasLineCount(1);
  }

  @Test
  void variableAndSettingsFileHaveTheSameForms() throws Exception {
    var run = Cli.remote(Map.of("CULVERT_PROTOCOL", "native,bore"), PORTS);
    assertThat(run.err()).contains("NO SECRET IS SET for bore clients", "reach --control-addr can");
    run = Cli.remote(PORTS, "--protocol=native,bore", "--bore-addr=127.0.0.1:0");
    assertThat(run.err()).contains("that can reach --control-addr or --bore-addr can open ports");
    String file =
        """
        [server]
        bind_addr = "127.0.0.1:0"
        port_range = "127.0.0.1:20000-29999"
        protocol = ["native", "bore"]
        """;
    Path path = Files.writeString(folder.resolve("file.toml"), file);
    assertThat(Cli.run("run", path.toString()).err())
        .contains("NO SECRET IS SET for bore clients", "server.bind_addr");
    String other = file.replace("[\"native\", \"bore\"]", "[\"native\", \"boar\"]");
    Files.writeString(path, other);
    assertThat(Cli.run("check", path.toString()).err())
        .contains("server.protocol", "'boar'", "one of native, bore, trp");
  }

  @Test
  void emptyListIsRejected() throws Exception {
    Path path =
        Files.writeString(
            folder.resolve("file.toml"),
            "[server]\nbind_addr = \"127.0.0.1:0\"\nprotocol = []\n"
                + "services.web.bind_addr = \"127.0.0.1:0\"\n");
    var run = Cli.run("run", path.toString());
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("server.protocol: the array is empty").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--protocol=native,bore | --protocol bore requires --port-range",
        "--protocol=bore | --protocol bore requires native as well; set --bore-addr",
        "--protocol=native,native | --protocol names a protocol twice",
        "--protocol=bore,trp | --protocol trp cannot be combined with another protocol",
        "--protocol=native,trp | --protocol trp cannot be combined with another protocol",
        "--bore-secret=abc | --bore-secret has no effect without --bore-addr or --protocol"
      })
  void invalidCombinationIsNamed(String option, String message) {
    var run = Cli.remote(option);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  @Test
  void boreRequiresAControlAddress() {
    var run =
        Cli.run(
            "remote-proxy",
            PORTS,
            "--protocol=native,bore",
            "--control-via=bounce://127.0.0.1:1/1");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("--protocol bore requires --control-addr").hasLineCount(1);
  }
}
