package culvert.cli;

import static culvert.cli.RoleFiles.SECRET;
import static culvert.cli.RoleFiles.SERVER;
import static culvert.cli.RoleFiles.SSH;
import static culvert.cli.RoleFiles.client;
import static culvert.cli.RoleFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A role whose settings file changes while it runs. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RoleReloadTest {

  private static final Path MAKE_FIFO = Path.of("/usr/bin/mkfifo");

  private static final String RELOADED = "settings reloaded";
  private static final String NOT_RELOADED = "settings not reloaded";

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
  void changeOfTheFileIsNoticed() throws Exception {
    try (var server = server()) {
      Files.writeString(file(), SERVER + SSH);
      server.awaitLog(RELOADED, "services_added=ssh");
      Files.writeString(file(), SERVER + SSH.replace(":0", ":" + ports.next().port()));
      server.awaitLog(RELOADED, "services_changed=ssh");
      Files.writeString(file(), SERVER);
      server.awaitLog(RELOADED, "services_removed=ssh");
      assertThat(server.lines(RELOADED)).isEqualTo(3);
    }
  }

  @Test
  void fileThatIsReplacedByARenameIsNoticed() throws Exception {
    try (var server = server()) {
      Path next = Files.writeString(folder.resolve("next"), SERVER + SSH);
      Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE);
      server.awaitLog(RELOADED, "services_added=ssh");
    }
  }

  /** Kubernetes mounts a file as a link through {@code ..data}, which it replaces by a rename. */
  @Test
  void fileBehindALinkThatIsReplacedIsNoticed() throws Exception {
    Path one = Files.createDirectory(folder.resolve("..one"));
    Path two = Files.createDirectory(folder.resolve("..two"));
    Files.writeString(one.resolve("file.toml"), SERVER);
    Files.writeString(two.resolve("file.toml"), SERVER + SSH);
    Path data = Files.createSymbolicLink(folder.resolve("..data"), one.getFileName());
    Files.createSymbolicLink(file(), Path.of("..data", "file.toml"));
    try (var server = new ReloadedRole("run", file().toString())) {
      Path next = Files.createSymbolicLink(folder.resolve("..tmp"), two.getFileName());
      Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
      server.awaitLog(RELOADED, "services_added=ssh");
    }
  }

  @Test
  void hangUpReloadsAtOnce() throws Exception {
    try (var server = server()) {
      write(file(), SERVER + SSH);
      server.hangUp();
      server.awaitLog(RELOADED, "services_added=ssh");
      server.hangUp();
      server.awaitLog(RELOADED, "changed=nothing");
      write(file(), SERVER);
      server.awaitLog(RELOADED, "services_removed=ssh");
      assertThat(server.lines(RELOADED, "services_added=ssh")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "max_session = 1 | line 5: server.max_session: unknown key; did you mean 'max_sessions'?",
        "max_sessions = \"many\" | line 5: server.max_sessions: ",
        "services.web = | line 5: ",
        "services.web.bind_addr = \"127.0.0.1:1\" | line 5: ",
        "heartbeat_timeout = \"1s\" | invalid value '1s' for server.heartbeat_timeout",
        "transport.type = \"tls\" | certificate",
        "secret_file = \"/none\" | server.secret",
        "bore.bind_addr = \"127.0.0.1:0\" | server.port_range",
        "services.a.bind_addr = \"127.0.0.1:7\"\\n"
            + "services.b.bind_addr = \"127.0.0.1:7\" | at port 7",
      })
  void invalidFileKeepsTheRunningSettings(String line, String cause) throws Exception {
    try (var server = server()) {
      write(file(), SERVER + line.replace("\\n", "\n") + "\n" + SSH);
      server.awaitLog(NOT_RELOADED, cause.strip());
      assertThat(server.lines(RELOADED)).isZero();
      TestClient.dial(server.address("web=")).close();
      write(file(), SERVER + SSH);
      server.awaitLog(RELOADED, "services_added=ssh");
    }
  }

  @Test
  void eachProblemOfAFileIsLogged() throws Exception {
    try (var server = server()) {
      write(file(), SERVER + "max_session = 1\nshare = true\nopen_timeout = \"soon\"\n");
      server.awaitLog(NOT_RELOADED, "line 5: server.max_session: ");
      server.awaitLog(NOT_RELOADED, "line 6: server.share: ");
      server.awaitLog(NOT_RELOADED, "line 7: server.open_timeout: ");
      assertThat(server.lines(NOT_RELOADED)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[client]\n", "[server", "\u0000"})
  void fileOfAnotherKindKeepsTheRunningSettings(String content) throws Exception {
    try (var server = server()) {
      write(file(), content);
      server.awaitLog(NOT_RELOADED, file().toString());
      write(file(), SERVER);
      server.awaitLog(RELOADED, "changed=nothing");
    }
  }

  @Test
  void fileThatIsNotReadableKeepsTheRunningSettings() throws Exception {
    try (var server = server()) {
      Files.delete(file());
      server.awaitLog(NOT_RELOADED, "there is no such file");
      Files.createDirectory(file());
      server.awaitLog(NOT_RELOADED, "it is a directory");
      Files.delete(file());
      Files.writeString(file(), SERVER, StandardCharsets.UTF_16);
      server.awaitLog(NOT_RELOADED, "the file is in UTF-16");
      write(file(), SERVER + SSH);
      server.awaitLog(RELOADED, "services_added=ssh");
    }
  }

  @Test
  void halfOfAFileIsNotUsed() throws Exception {
    String whole = SERVER + SSH;
    try (var server = server()) {
      write(file(), whole.substring(0, whole.length() - 8));
      server.awaitLog(NOT_RELOADED, "line 5: ");
      write(file(), whole);
      server.awaitLog(RELOADED, "services_added=ssh");
    }
  }

  @Test
  void keysThatNeedARestartAreNamed() throws Exception {
    try (var server = server()) {
      write(
          file(),
          SERVER
              + "max_streams = 7\nlog.level = \"debug\"\nopen_timeout = \"3s\"\n"
              + "transport.websocket.path = \"/x\"\ntransport.type = \"websocket\"\n");
      server.awaitLog(
          RELOADED,
          "changed=server.open_timeout",
          "from_next_session=server.transport.type,server.transport.websocket.path");
      server.awaitLog("settings kept", "keys=server.max_streams,server.log.level", "restart");
      write(file(), SERVER);
      server.awaitLog(2, RELOADED);
      assertThat(server.lines("settings kept")).isEqualTo(1);
    }
  }

  @Test
  void boreIsServedAtTheControlAddressFromTheNextSessionOn() throws Exception {
    HostPort control = ports.next();
    String before = SERVER.replaceFirst("127.0.0.1:0", control.toString());
    write(file(), before);
    try (var server = new ReloadedRole("run", file().toString())) {
      write(
          file(),
          before + "protocol = [\"native\", \"bore\"]\nport_range = \"127.0.0.1:20000-29999\"\n");
      server.awaitLog(RELOADED, "changed=server.port_range", "from_next_session=server.protocol");
      try (Socket client = TestClient.dial(control)) {
        assertThat(client.getInputStream().readNBytes(13)).asString().isEqualTo("{\"Challenge\":");
      }
    }
  }

  /** The settings of another protocol may lack the secret that the running one needs. */
  @Test
  void protocolCannotBecomeTrpWhileTheRoleRuns() throws Exception {
    try (var server = server()) {
      write(file(), SERVER.replace(SECRET, "protocol = \"trp\"\n"));
      server.awaitLog(NOT_RELOADED, "server.protocol", "cannot change while the role runs");
      assertThat(server.log()).doesNotContain("NO AUTHENTICATION", RELOADED);
    }
  }

  @Test
  void hangUpNamesFilesThatAreNotReadAgain() throws Exception {
    Path fifo = folder.resolve("secret");
    assumeTrue(Files.isExecutable(MAKE_FIFO));
    new ProcessBuilder(MAKE_FIFO.toString(), fifo.toString()).inheritIO().start().waitFor();
    Thread writer = Threads.start("writer of a secret", () -> writeSecret(fifo));
    write(
        file(), SERVER.replace("secret = \"0123456789abcdef\"", "secret_file = \"" + fifo + "\""));
    try (var server = new ReloadedRole("run", file().toString())) {
      writer.join();
      server.hangUp();
      server.awaitLog("file not read again", fifo.toString());
      server.awaitLog(RELOADED, "changed=nothing", "files=\"read again\"");
    }
  }

  private static void writeSecret(Path fifo) {
    try {
      Files.writeString(fifo, "0123456789abcdef", StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void lossOfTheSecretIsReported() throws Exception {
    try (var server = server()) {
      write(file(), SERVER.replace(SECRET, ""));
      server.awaitLog("NO SECRET IS SET");
      server.awaitLog(RELOADED, "from_next_session=server.secret");
      assertThat(server.log()).doesNotContain("0123456789abcdef");
    }
  }

  @Test
  void commandLineAndVariablesTakePrecedenceOverAChangedFile() throws Exception {
    write(file(), SERVER);
    try (var server =
        new ReloadedRole(
            Map.of("CULVERT_OPEN_TIMEOUT", "5s"),
            "remote-proxy",
            "--config=" + file(),
            "--idle-timeout=1h")) {
      write(file(), SERVER + "open_timeout = \"3s\"\nidle_timeout = \"2h\"\n");
      server.awaitLog(RELOADED, "changed=nothing");
    }
  }

  @Test
  void roleWithoutASettingsFileReloadsItsFiles() throws Exception {
    try (var server = new ReloadedRole(Cli.REMOTE)) {
      server.hangUp();
      server.awaitLog("files reloaded");
    }
  }

  @Test
  void bounceServerReloadsItsAuthentication() throws Exception {
    String bounce = "[bounce]\nbind = \"127.0.0.1\"\nport = 0\nauth = \"%s\"\n";
    write(file(), bounce.formatted("first"));
    try (var server = new ReloadedRole("bounce-server", "--config", file().toString())) {
      write(file(), bounce.formatted("second") + "log.period = \"13s\"\n");
      server.awaitLog(RELOADED, "from_next_session=bounce.auth");
      server.awaitLog("settings kept", "keys=bounce.log.period");
      String warning = "NO AUTHENTICATION STRING IS SET";
      assertThat(server.log()).doesNotContain(warning);
      write(file(), bounce.formatted("").replace("auth = \"\"\n", ""));
      server.awaitLog(2, RELOADED);
      server.awaitLog(warning);
      server.hangUp();
      assertThat(server.lines(warning)).isEqualTo(1);
    }
  }

  private String serverWithSecretIn(Path secret) {
    return SERVER.replace(SECRET, "secret_file = \"" + secret + "\"\n");
  }

  /** Kubernetes updates the volumes of settings and of secrets independently. */
  @Test
  void settingsAreUsedOnceAFileThatTheyNameExists() throws Exception {
    Path secret = folder.resolve("secret");
    try (var server = server()) {
      write(file(), serverWithSecretIn(secret) + SSH);
      server.awaitLog(NOT_RELOADED, "there is no such file");
      write(secret, "0123456789abcdef");
      server.awaitLog(RELOADED, "services_added=ssh");
      assertThat(server.lines(NOT_RELOADED)).isEqualTo(1);
    }
  }

  @Test
  void hangUpNamesTheFilesWhoseContentHasChanged() throws Exception {
    Path secret = folder.resolve("secret");
    write(secret, "another secret of 1");
    write(file(), serverWithSecretIn(secret));
    Path ofClient = folder.resolve("client.toml");
    try (var server = new ReloadedRole("run", file().toString())) {
      write(secret, "0123456789abcdef");
      server.hangUp();
      server.awaitLog(RELOADED, "files_changed=" + secret, "files=\"read again\"");
      assertThat(server.lines("changed=nothing")).isZero();
      server.hangUp();
      server.awaitLog(RELOADED, "changed=nothing");
      write(ofClient, client(server.address("control "), ports.next(), "web"));
      try (var client = new ReloadedRole("run", ofClient.toString())) {
        client.awaitLog("session started");
      }
    }
  }

  @Test
  void hangUpWithoutASettingsFileNamesTheFilesThatHaveChanged() throws Exception {
    Path secret = folder.resolve("secret");
    write(secret, "another secret of 1");
    try (var server =
        new ReloadedRole(
            "remote-proxy",
            "--control-addr=127.0.0.1:0",
            "--outside-addr=127.0.0.1:0",
            "--secret-file=" + secret)) {
      write(secret, "0123456789abcdef");
      server.hangUp();
      server.awaitLog("files reloaded", "changed=" + secret);
      server.hangUp();
      server.awaitLog(2, "files reloaded");
      assertThat(server.lines("files reloaded", "changed=")).isEqualTo(1);
    }
  }

  /** The secret of the variable stays in use: both are forms of one setting. */
  @Test
  void secretThatAVariableReplacesIsNotReported() throws Exception {
    Path secret = folder.resolve("secret");
    write(secret, "0123456789abcdef");
    write(file(), SERVER);
    try (var server =
        new ReloadedRole(
            Map.of("CULVERT_SECRET_FILE", secret.toString()), "run", file().toString())) {
      write(file(), SERVER.replace("0123456789abcdef", "another secret of 1"));
      server.awaitLog(RELOADED, "changed=nothing");
    }
  }

  /** Sends HUP from several threads at once, each of them this number of times. */
  private static List<Thread> hangUps(ReloadedRole role, int count) {
    return IntStream.range(0, 4)
        .mapToObj(i ->
            Threads.start(
                "HUP of the test", () -> IntStream.range(0, count).forEach(n -> role.hangUp())))
        .toList();
  }

  private static void join(List<Thread> threads) throws InterruptedException {
    for (Thread one : threads) {
      one.join();
    }
  }

  /** Each reload is about the change since the one before, and the last content is used. */
  @Test
  void reloadsAtTheSameTimeFollowOneAnother() throws Exception {
    HostPort ssh = ports.next();
    try (var server = server()) {
      List<Thread> hangUps = hangUps(server, 20);
      for (int i = 0; i < 10; i++) {
        write(file(), SERVER);
        write(file(), SERVER + SSH.replace("127.0.0.1:0", ssh.toString()));
      }
      join(hangUps);
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThat(server.lines(RELOADED, "services_added=ssh"))
                  .isEqualTo(server.lines(RELOADED, "services_removed=ssh") + 1));
      TestClient.dial(ssh).close();
      assertThat(server.log()).doesNotContain("internal error", "listener not opened");
    }
  }

  @Test
  void reloadDuringAStopLeavesNothingBehind() throws Exception {
    HostPort ssh = ports.next();
    List<Thread> hangUps;
    ReloadedRole server = server();
    try (server) {
      hangUps = hangUps(server, 100);
      write(file(), SERVER + SSH.replace("127.0.0.1:0", ssh.toString()));
    }
    join(hangUps);
    assertThat(server.log()).doesNotContain("internal error");
    assertThatThrownBy(() -> TestClient.dial(ssh).close()).isInstanceOf(IOException.class);
  }
}
