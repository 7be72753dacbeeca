package culvert.cli;

import static culvert.cli.RoleFiles.SERVER;
import static culvert.cli.RoleFiles.SSH;
import static culvert.cli.RoleFiles.client;
import static culvert.cli.RoleFiles.write;
import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both roles, whose settings files change while they run. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BothRolesReloadTest {

  private static final String RELOADED = "settings reloaded";

  private final ReservedPorts ports = new ReservedPorts();

  @TempDir private Path folder;

  @AfterEach
  void endReservations() {
    ports.close();
  }

  private Path file() {
    return folder.resolve("file.toml");
  }

  private ReloadedRole server() throws Exception {
    return RoleFiles.server(file());
  }

  @Test
  void clientIsAddedAndItsSecretReplacedWhileTheRolesRun() throws Exception {
    Path ofClient = folder.resolve("client.toml");
    Path secret = Files.writeString(folder.resolve("home"), "first secret of the home");
    String home = "[server.clients.home]\nsecret = \"file:" + secret + "\"\nservices = [\"web\"]\n";
    try (TestServer echo = TestServer.echo();
        var server = server()) {
      HostPort control = server.address("control ");
      Files.writeString(file(), SERVER + home);
      server.awaitLog(RELOADED, "clients_added=home");
      String text =
          client(control, echo.address(), "web").replace("0123456789abcdef", "file:" + secret)
              + "client_name = \"home\"\n";
      Files.writeString(ofClient, text);
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started");
        Files.writeString(secret, "second secret of the home");
        server.hangUp();
        server.awaitLog("session revoked", "the secret of client 'home' has changed");
        server.awaitLog(RELOADED, "clients_changed=home", "files_changed=" + secret);
        client.hangUp();
        client.awaitLog(2, "session started");
        try (Socket visitor = TestClient.dial(server.address("web="))) {
          assertEchoes(visitor, "with the second secret");
        }
        assertThat(server.log() + client.log()).doesNotContain("secret of the home");
      }
    }
  }

  @Test
  void changedRulesHoldForTheVisitorsThatAreConnected() throws Exception {
    try (TestServer echo = TestServer.echo();
        var server = server()) {
      Path ofClient =
          Files.writeString(
              folder.resolve("client.toml"),
              client(server.address("control "), echo.address(), "web"));
      try (var client = new ReloadedRole("run", ofClient.toString());
          Socket visitor = dialAfterLogin(client, server)) {
        assertEchoes(visitor, "before");
        write(
            file(),
            SERVER
                + "deny_from = \"127.0.0.1\"\n"
                + "services.web.balance = \"source\"\nmax_bandwidth = \"1M\"\n");
        server.awaitLog(
            RELOADED,
            "changed=server.services.NAME.deny_from,server.services.NAME.balance,"
                + "server.services.NAME.max_bandwidth");
        assertThatThrownBy(() -> assertThat(visitor.getInputStream().read()).isEqualTo(-1))
            .isInstanceOf(IOException.class);
        server.awaitLog("visitor reset", "service=web", "reason=denied");
        write(file(), SERVER + "services.web.allow_from = \"127.0.0.0/8\"\n");
        server.awaitLog(2, RELOADED);
        try (Socket again = TestClient.dial(server.address("web="))) {
          assertEchoes(again, "after");
        }
      }
    }
  }

  private static Socket dialAfterLogin(ReloadedRole client, ReloadedRole server) throws Exception {
    client.awaitLog("session started");
    return TestClient.dial(server.address("web="));
  }

  /** The six services of a user, and a seventh. */
  @Test
  void seventhServiceIsAddedByAChangeOfOneFileOnEachSide() throws Exception {
    String[] six = {"web", "ssh", "git", "mail", "chat", "game"};
    var outside = new StringBuilder(SERVER);
    for (int i = 1; i < six.length; i++) {
      outside.append("services." + six[i] + ".bind_addr = \"127.0.0.1:0\"\n");
    }
    Path ofServer = Files.writeString(folder.resolve("server.toml"), outside);
    Path ofClient = folder.resolve("client.toml");
    HostPort wiki = ports.next();
    try (TestServer echo = TestServer.echo();
        var server = new ReloadedRole("run", ofServer.toString())) {
      HostPort control = server.address("control ");
      write(ofClient, client(control, echo.address(), six));
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started");
        var visitors = new ArrayList<Socket>();
        for (String service : six) {
          visitors.add(TestClient.dial(server.address(service + "=")));
          assertEchoes(visitors.getLast(), "before");
        }
        write(
            ofClient,
            client(control, echo.address(), "web", "ssh", "git", "mail", "chat", "game", "wiki"));
        write(ofServer, outside + "services.wiki.bind_addr = \"" + wiki + "\"\n");
        Eventually.within(
            RolePair.LIMIT,
            () -> {
              try (Socket visitor = TestClient.dial(wiki)) {
                assertEchoes(visitor, "hello");
              }
            });
        for (Socket visitor : visitors) {
          assertEchoes(visitor, "after");
          visitor.close();
        }
        client.awaitLog(RELOADED, "services_added=wiki");
        assertThat(client.lines("session started")).isEqualTo(1);
      }
    }
  }

  @Test
  void remoteProxyIsAddedAndRemovedByAChangeOfTheFile() throws Exception {
    Path ofOther = Files.writeString(folder.resolve("other.toml"), SERVER);
    Path ofClient = folder.resolve("client.toml");
    try (TestServer echo = TestServer.echo();
        var server = server();
        var other = new ReloadedRole("run", ofOther.toString())) {
      HostPort one = server.address("control ");
      HostPort two = other.address("control ");
      String text = client(one, echo.address(), "web");
      Files.writeString(ofClient, text);
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started", "remote_proxy=" + one);
        Files.writeString(
            ofClient, text.replace("\"" + one + "\"", "[\"" + one + "\", \"" + two + "\"]"));
        client.awaitLog(RELOADED, "remote_proxies_added=" + two);
        client.awaitLog("session started", "remote_proxy=" + two);
        assertThat(client.address("serving web=")).isEqualTo(server.address("web="));
        try (Socket visitor = TestClient.dial(server.address("web="))) {
          assertEchoes(visitor, "before");
          Files.writeString(ofClient, text.replace(one.toString(), two.toString()));
          client.awaitLog(RELOADED, "remote_proxies_removed=" + one);
          server.awaitLog("session drain started");
          assertEchoes(visitor, "after");
        }
        try (Socket visitor = TestClient.dial(other.address("web="))) {
          assertEchoes(visitor, "hello");
        }
        assertThat(client.lines("session started")).isEqualTo(2);
      }
    }
  }

  /** The rate of the file for all services has no effect, and that of "web" has. */
  @Test
  void changedRuleThatAnOptionReplacesIsNotReported() throws Exception {
    Files.writeString(file(), SERVER);
    try (var server =
        new ReloadedRole("remote-proxy", "--config", file().toString(), "--max-bandwidth=2M")) {
      Files.writeString(file(), SERVER + "max_bandwidth = \"1M\"\n");
      server.awaitLog(RELOADED, "changed=nothing");
      Files.writeString(
          file(), SERVER + "max_bandwidth = \"1M\"\nservices.web.max_bandwidth = \"3M\"\n");
      server.awaitLog(RELOADED, "changed=server.services.NAME.max_bandwidth");
    }
  }

  @Test
  void sessionStaysWhileTheSecretChangesOnBothSides() throws Exception {
    Path ofClient = folder.resolve("client.toml");
    try (TestServer echo = TestServer.echo();
        var server = server()) {
      HostPort control = server.address("control ");
      String text = client(control, echo.address(), "web");
      write(ofClient, text);
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started");
        write(file(), SERVER.replace("0123456789abcdef", "another secret of 1"));
        server.awaitLog(RELOADED, "from_next_session=server.secret");
        write(ofClient, text.replace("0123456789abcdef", "another secret of 1"));
        client.awaitLog(RELOADED, "from_next_session=client.secret");
        try (Socket visitor = TestClient.dial(server.address("web="))) {
          assertEchoes(visitor, "same session");
        }
        assertThat(client.lines("session started")).isEqualTo(1);
      }
    }
  }

  /** A drain lets visitors finish; nothing changes meanwhile. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void reloadDuringADrainHasNoEffect(boolean isOfServer) throws Exception {
    Path ofClient = folder.resolve("client.toml");
    try (TestServer echo = TestServer.echo();
        var server = server()) {
      HostPort control = server.address("control ");
      write(ofClient, client(control, echo.address(), "web"));
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started");
        try (Socket visitor = TestClient.dial(server.address("web="))) {
          assertEchoes(visitor, "before");
          ReloadedRole stopping = isOfServer ? server : client;
          stopping.requestStop();
          stopping.awaitLog("draining");
          write(file(), SERVER + SSH);
          write(ofClient, client(control, echo.address(), "web", "ssh"));
          stopping.hangUp();
          assertEchoes(visitor, "after");
          assertThat(stopping.lines(RELOADED)).isZero();
        }
      }
    }
  }

  private static String range(HostPort port) {
    return "port_range = \"" + port + "-" + port.port() + "\"\n";
  }

  private static String requestingAnyPort(String client, String name) {
    return client + "name = \"" + name + "\"\noutside_port = 0\n";
  }

  @Test
  void portsAreGivenFromTheChangedRangeAndThoseInUseStay() throws Exception {
    HostPort before = ports.next();
    HostPort after = ports.next();
    write(file(), SERVER + range(before));
    Path ofOne = folder.resolve("one.toml");
    Path ofTwo = folder.resolve("two.toml");
    try (TestServer echo = TestServer.echo();
        var server = new ReloadedRole("run", file().toString())) {
      String text = client(server.address("control "), echo.address(), "web");
      write(ofOne, requestingAnyPort(text, "one"));
      write(ofTwo, requestingAnyPort(text, "two"));
      try (var one = new ReloadedRole("run", ofOne.toString())) {
        assertThat(one.address("serving web=")).isEqualTo(before);
        write(file(), SERVER + range(after));
        server.awaitLog(RELOADED, "changed=server.port_range");
        try (var two = new ReloadedRole("run", ofTwo.toString());
            Socket ofFirst = TestClient.dial(before)) {
          assertThat(two.address("serving web=")).isEqualTo(after);
          assertEchoes(ofFirst, "at a port of the range before");
          try (Socket ofSecond = TestClient.dial(after)) {
            assertEchoes(ofSecond, "at a port of the range after");
          }
        }
        assertThat(one.lines("session started")).isEqualTo(1);
      }
    }
  }
}
