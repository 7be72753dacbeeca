package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.option.FileSettings;
import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.FileFingerprint;
import culvert.config.Secret;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The clients of a settings file. */
class ClientFileTest {

  private static final String SERVER =
      """
      [server]
      bind_addr = "127.0.0.1:0"
      services.web.bind_addr = "127.0.0.1:0"
      """;

  @TempDir private Path folder;

  private static List<ClientSettings> clients(String text, Map<String, String> variables) {
    Path path = Path.of("file.toml");
    var file = SettingsFile.parse(path, text, SettingsFiles.layouts(), variables);
    assertThat(file.problems()).isEmpty();
    String name = SettingsFiles.command(Role.SERVER);
    var settings =
        FileSettings.of(name, path, new FileFingerprint(""), file.blocks().get(Role.SERVER));
    CommandLine command =
        Main.roles(FileCheck.silent(), settings, Set.of(Role.SERVER)).getSubcommands().get(name);
    command.getCommandSpec().root().commandLine().parseArgs(name);
    return ((RemoteProxyCommand) command.getCommand()).settings().clients();
  }

  @Test
  void clientsHaveSecretsServicesAndPorts() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "secret of c\n");
    String text =
        SERVER
            + "[server.clients.a]\nsecret = \"secret of a\"\nservices = [\"web\", \"ssh-*\"]\n"
            + "[server.clients.b]\nsecret = \"${B_SECRET}\"\nports = [\"22\", \"5000-5009\"]\n"
            + "[server.clients.c]\nsecret_file = \""
            + secret
            + "\"\nservices = \"*\"\n"
            + "[server.clients.d]\nsecret = \"file:"
            + folder.resolve("d")
            + "\"\nports = \"1\"\n";
    Files.writeString(folder.resolve("d"), "secret of d");
    List<ClientSettings> clients = clients(text, Map.of("B_SECRET", "secret of b"));
    assertThat(clients)
        .extracting(client -> client.name() + " " + client.services() + " " + client.ports())
        .containsExactly("a [web, ssh-*] []", "b [] [22, 5000-5009]", "c [*] []", "d [] [1]");
    assertThat(clients)
        .allMatch(client -> client.secret().equals(Secret.of("secret of " + client.name())));
  }

  @Test
  void clientHasABandwidth() {
    String text =
        SERVER
            + "max_bandwidth = \"1G\"\n[server.clients.a]\nsecret = \"secret of a\"\n"
            + "services = \"*\"\nmax_bandwidth = \"10M\"\n"
            + "[server.clients.b]\nsecret = \"secret of b\"\nservices = \"*\"\n";
    assertThat(clients(text, Map.of()))
        .extracting(ClientSettings::bandwidth)
        .containsExactly(Optional.of(ByteCount.parse("10M")), Optional.empty());
  }

  /** A client and a service may have one name, also if the service is of type UDP. */
  @Test
  void clientWithTheNameOfAUdpServiceKeepsItsSecret() {
    String text =
        SERVER
            + "[server.services.dns]\ntype = \"udp\"\nbind_addr = \"127.0.0.1:0\"\n"
            + "[server.clients.dns]\nsecret = \"10-20\"\nservices = \"dns\"\n";
    List<ClientSettings> clients = clients(text, Map.of());
    assertThat(clients)
        .containsExactly(new ClientSettings("dns", Secret.of("10-20"), List.of("dns"), List.of()));
  }

  @Test
  @Timeout(60)
  void fileHasAThousandClients() {
    var text = new StringBuilder(SERVER);
    for (int i = 0; i < 1000; i++) {
      text.append("[server.clients.c" + i + "]\n");
      text.append("secret = \"" + Secret.generate() + "\"\n");
      text.append("services = \"s" + i + "\"\n");
    }
    assertThat(text.length()).isLessThan(SettingsFile.MAX_BYTES);
    assertThat(clients(text.toString(), Map.of())).hasSize(1000);
  }
}
