package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import culvert.testing.RolePair;
import culvert.testing.TestAuthority;
import culvert.testing.TestServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Output and exit codes of {@code culvert bounce connect}. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceConnectCommandTest {

  private static final String AUTHENTICATION = "hunter2";

  @TempDir private Path folder;

  /** A command line that runs until it ends or a stop is requested. */
  private static final class Running {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Stop stop = new Stop();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    static Running start(Map<String, String> environment, InputStream in, String... words) {
      var running = new Running();
      var terminal =
          new Terminal(
              in,
              new PrintStream(running.out, true, StandardCharsets.UTF_8),
              new PrintStream(running.err, true, StandardCharsets.UTF_8),
              environment,
              running.stop,
              action -> {});
      Threads.start("command", () -> running.exit.complete(Main.run(terminal, words)));
      return running;
    }

    int exit() throws Exception {
      int code = exit.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      // Releases a thread that waits for the stop.
      stop.request();
      return code;
    }

    String out() {
      return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
      return err.toString(StandardCharsets.UTF_8);
    }
  }

  private static Running connect(PairingBounceServer bounce, InputStream in, String... more) {
    String[] words = new String[more.length + 4];
    words[0] = "bounce";
    words[1] = "connect";
    words[2] = bounce.address().toString();
    words[3] = "0xAC";
    System.arraycopy(more, 0, words, 4, more.length);
    return Running.start(Map.of("CULVERT_AUTH", AUTHENTICATION), in, words);
  }

  private static InputStream typed(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void standardOutputHasTheBytesOfTheServerInTheGroup() throws Exception {
    try (var bounce = new PairingBounceServer(AUTHENTICATION);
        var server = TestServer.echo()) {
      var beside = connect(bounce, typed(""), "--to=" + server.address(), "--once");
      Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.members()).isEqualTo(1));
      var client = connect(bounce, typed("there and back"));
      assertThat(client.exit()).isZero();
      assertThat(client.out()).isEqualTo("there and back");
      assertThat(client.err()).isEmpty();
      assertThat(beside.exit()).isZero();
      assertThat(beside.out()).isEmpty();
      assertThat(beside.err()).contains("visit ended").doesNotContain(AUTHENTICATION);
    }
  }

  @Test
  void authenticationStringIsReadFromAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("auth"), AUTHENTICATION + "\n");
    try (var bounce = new PairingBounceServer(AUTHENTICATION)) {
      var client = connect(bounce, typed(""), "--auth-file=" + file);
      assertThat(client.exit()).isZero();
    }
  }

  @Test
  void wrongAuthenticationStringIsReportedInOneLine() throws Exception {
    try (var bounce = new PairingBounceServer(AUTHENTICATION)) {
      var client = connect(bounce, typed("x"), "--auth=hunter3");
      assertThat(client.exit()).isEqualTo(77);
      assertThat(client.out()).isEmpty();
      assertThat(client.err())
          .isEqualTo(
              "bounce connect: bounce://"
                  + bounce.address()
                  + "/ac: the bounce server refused the authentication string; use the same"
                  + " on both sides\n");
    }
  }

  @Test
  void certificateIsPresentedToAServerThatRequiresOne() throws Exception {
    var authority = new TestAuthority("Bounce CA");
    var server = authority.issue("bounce");
    var member = authority.issue("member");
    Path ca = authority.own().writeChain(folder.resolve("ca.pem"));
    var identity =
        new TlsIdentity.Pem(
            server.writeChain(folder.resolve("server.pem")),
            server.writeKey(folder.resolve("server.key")));
    String cert = "--tls-cert=" + member.writeChain(folder.resolve("member.pem"));
    String key = "--tls-key=" + member.writeKey(folder.resolve("member.key"));
    try (var bounce =
            new PairingBounceServer(
                new HostPort("127.0.0.1", 0),
                AUTHENTICATION,
                TransportKind.TLS,
                Optional.of(new TlsServerSettings(identity, Optional.of(ca))));
        var echo = TestServer.echo()) {
      var without = connect(bounce, typed(""), "--transport=tls", "--tls-ca=" + ca);
      assertThat(without.exit()).isEqualTo(77);
      assertThat(without.err())
          .contains("requires a certificate of this side; set one with --tls-cert and --tls-key");
      String[] with = {"--transport=tls", "--tls-ca=" + ca, cert, key};
      String[] serving = {with[0], with[1], cert, key, "--to=" + echo.address(), "--once"};
      var beside = connect(bounce, typed(""), serving);
      Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.members()).isEqualTo(1));
      var client = connect(bounce, typed("there and back"), with);
      assertThat(client.exit()).as(client.err()).isZero();
      assertThat(client.out()).isEqualTo("there and back");
      assertThat(beside.exit()).isZero();
    }
  }

  @Test
  void closedPortIsUnreachable() throws Exception {
    String closedPort;
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closedPort = "127.0.0.1:" + closed.getLocalPort();
    }
    var client = Running.start(Map.of(), typed(""), "bounce", "connect", closedPort, "1");
    assertThat(client.exit()).isEqualTo(69);
    assertThat(client.err()).contains(closedPort + ": Connection refused").hasLineCount(1);
  }

  @Test
  void stopIsACleanEnd() throws Exception {
    for (String[] more : new String[][] {{}, {"--to=127.0.0.1:1"}, {"--listen=127.0.0.1:0"}}) {
      try (var bounce = new PairingBounceServer(AUTHENTICATION);
          var keyboard = new PipedOutputStream();
          var never = new PipedInputStream(keyboard)) {
        var client = connect(bounce, never, more);
        if (more.length == 0 || more[0].startsWith("--to")) {
          Eventually.within(RolePair.LIMIT, () -> assertThat(bounce.members()).isEqualTo(1));
        } else {
          Eventually.within(
              RolePair.LIMIT,
              () ->
                  assertThat(client.out())
                      .matches("bounce connect: listening on 127\\.0\\.0\\.1:\\d+\n"));
        }
        client.stop.request();
        assertThat(client.exit()).isZero();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "h:1 | missing GROUP",
        "h:1 xyz | invalid value 'xyz' for GROUP: expected a group number in hexadecimal digits",
        "h 1 | invalid value 'h' for HOST:PORT: expected HOST:PORT",
        "h:1 1 --to=h:1 --listen=h:2 | --to and --listen are both given",
        "h:1 1 --once | --once needs --to",
        "h:1 1 --wire=seed | invalid value 'seed' for --wire: expected one of program, text",
        "h:1 1 2 | unexpected argument '2'",
        "h:1 1 --lissen=h:1 | unknown option '--lissen': did you mean '--listen'?"
      })
  void invalidCommandLineIsReported(String words, String message) {
    var run = Cli.run(("bounce connect " + words).split(" "));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("bounce connect: ")
        .contains(message)
        .contains("see 'culvert bounce connect --help'")
        .hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--transport=noise | invalid value 'noise' for --transport: expected plain",
        "--tls-pin=abc | invalid value 'abc' for --tls-pin",
        "--tls-server-name=x | --tls-server-name cannot be used with --transport plain",
        "--ws-path=/x | --ws-path cannot be used with --transport plain",
        "--connect-timeout=0s | '0s' for --connect-timeout: expected",
        "--auth= | the authentication string is empty",
        "--auth=x,--auth-file=y | --auth and --auth-file are both given",
        "--via=x | --via: expected http://HOST:PORT"
      })
  void invalidSettingsAreReported(String options, String message) {
    var run = Cli.run(("bounce,connect,h:1,1," + options).split(","));
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).startsWith("bounce connect: ").contains(message).hasLineCount(1);
  }

  @Test
  void authenticationStringIsNotPrinted() throws IOException {
    for (String[] words :
        new String[][] {
          {"bounce", "connect", "h:1", "1", "--auth", "a", "hunter2"},
          {"bounce", "connect", "h:1", "1", "--authhunter"},
          {"bounce", "connect", "h:1", "1", "--auth=a", "--auth=hunter2"},
          {"origin-proxy", "--bounce-authhunter", "--origin-server-addr=h:1"},
          {
            "origin-proxy", "--remote-proxy-addr=bounce://hunter2@h:1/1", "--origin-server-addr=h:1"
          },
          {"remote-proxy", "--control-via=bounce://h:1/1?hunter2", "--outside-addr=127.0.0.1:0"}
        }) {
      var run = Cli.run(words);
      assertThat(run.exit()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).doesNotContain("hunter").hasLineCount(1);
    }
  }

  @Test
  void commandGroupAloneShowsItsCommands() {
    var run = Cli.run("bounce");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("connect");
  }
}
