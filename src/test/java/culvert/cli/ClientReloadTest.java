package culvert.cli;

import static culvert.cli.RoleFiles.SERVER;
import static culvert.cli.RoleFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients in the settings file of a remote proxy, which change while it runs. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientReloadTest {

  private static final String RELOADED = "settings reloaded";

  private static final String ONLY_CLIENTS =
      """
      [server]
      bind_addr = "127.0.0.1:0"
      services.web.bind_addr = "127.0.0.1:0"
      """;

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("file.toml");
  }

  private ReloadedRole server() throws Exception {
    return RoleFiles.server(file());
  }

  @Test
  void changesOfClientsAreReported() throws Exception {
    String home = "[server.clients.home]\nsecret = \"secret of the home\"\nservices = [\"web\"]\n";
    String office = home.replace("home", "office");
    try (var server = server()) {
      Files.writeString(file(), SERVER + home + office);
      server.awaitLog(RELOADED, "clients_added=home,office");
      Files.writeString(file(), SERVER + home.replace("web", "*"));
      server.awaitLog(RELOADED, "clients_removed=office clients_changed=home");
      assertThat(server.log()).doesNotContain("secret of the");
    }
  }

  /** The header of the table goes with its last client. */
  @ParameterizedTest
  @ValueSource(strings = {"", "transport.type = \"noise\"\n", "transport.type = \"plain\"\n"})
  void removalOfTheLastClientAdmitsNoOriginProxy(String transport) throws Exception {
    String text = ONLY_CLIENTS + transport;
    Files.writeString(
        file(), text + "[server.clients.home]\nsecret = \"secret of home\"\nservices = \"*\"\n");
    try (var server = new ReloadedRole("remote-proxy", "--config", file().toString())) {
      write(file(), text);
      server.awaitLog(RELOADED, "clients_removed=home");
      server.awaitLog("NO CLIENT IS SET, and no secret: no origin proxy can log in");
      assertThat(server.log()).doesNotContain("NO SECRET IS SET");
      String control = server.address("control ").toString();
      for (String client : List.of("", "client_name = \"home\"\nsecret = \"secret of home\"\n")) {
        Path origin =
            Files.writeString(
                folder.resolve("origin.toml"),
                "[client]\nfail_fast = true\nremote_addr = \""
                    + control
                    + "\"\nservices.web.local_addr = \"127.0.0.1:1\"\n"
                    + (client.isEmpty() ? "" : transport)
                    + client);
        assertThat(Cli.run("check", origin.toString()).exit()).isZero();
        try (var role = new ReloadedRole("run", origin.toString())) {
          role.awaitLog("login refused by remote proxy");
          assertThat(role.log()).doesNotContain("session started");
        }
      }
    }
  }

  /** The file may be made from an empty list. */
  @Test
  void emptyTableOfClientsIsValidAndAdmitsNoOriginProxy() throws Exception {
    Files.writeString(file(), ONLY_CLIENTS + "[server.clients]\n");
    assertThat(Cli.run("check", file().toString()).exit()).isZero();
    try (var server = new ReloadedRole("remote-proxy", "--config", file().toString())) {
      server.awaitLog("NO CLIENT IS SET, and no secret: no origin proxy can log in");
    }
  }

  @Test
  void rulesOfClientsThatMatchNothingAreLogged() throws Exception {
    String client =
        "[server.clients.home]\nsecret = \"secret of the home\"\n"
            + "services = [\"web\", \"wbe\", \"x-*\"]\nports = \"1-5\"\n";
    Files.writeString(file(), SERVER + client);
    try (var server = new ReloadedRole("remote-proxy", "--config", file().toString())) {
      server.awaitLog("may offer services that the remote proxy does not have: home (wbe)");
      server.awaitLog("may request ports outside of the port range: home (1-5)");
    }
  }
}
