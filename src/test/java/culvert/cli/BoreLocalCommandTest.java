package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.testing.BoreProgram;
import culvert.testing.LeakCheck;
import culvert.testing.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options, output and exit codes of bore local. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreLocalCommandTest {

  private static final String UNREACHABLE = "--to=127.0.0.1:1";

  /** Runs until the command ends by itself. */
  private static Cli run(Map<String, String> environment, String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int exit =
        Main.run(
            new Terminal(
                InputStream.nullInputStream(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                new Stop(),
                action -> {}),
            arguments);
    return new Cli(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** A server that answers each connection with the same frames and closes it. */
  private static TestServer server(String... frames) throws IOException {
    return new TestServer(connection -> {
      InputStream in = connection.getInputStream();
      for (int b = in.read(); b > 0; b = in.read()) {
        // The client's Hello, up to the zero byte.
      }
      for (String frame : frames) {
        connection.getOutputStream().write((frame + "\0").getBytes(StandardCharsets.UTF_8));
      }
      connection.shutdownOutput();
      in.transferTo(OutputStream.nullOutputStream());
    });
  }

  @Test
  void firstLineHasThePublicAddressAndCleanEndExitsWithZero() throws Exception {
    try (var server = server("{\"Hello\":4711}")) {
      var run = run(Map.of(), "bore", "local", "8000", "--once", "--to=" + server.address());
      assertThat(run.out()).isEqualTo("listening at 127.0.0.1:4711\n");
      assertThat(run.exit()).isZero();
      assertThat(run.err()).doesNotContain("ERROR").doesNotContain("WARN");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "invalid secret, 77",
    "'server requires secret, but no secret was provided', 77",
    "port already in use, 78",
    "client port number not in allowed range, 78",
    "permission denied, 78"
  })
  void refusalIsOneLineAndHasAnExitCodeWithOnceThatOfBore(String error, int code) throws Exception {
    try (var server = server("{\"Error\":\"" + error + "\"}")) {
      String to = "--to=" + server.address();
      var run = run(Map.of("RUST_LOG", "error"), "bore", "local", "8000", to, "-p", "80");
      assertThat(run.exit()).isEqualTo(code);
      assertThat(run.err().lines()).singleElement().asString().contains("ERROR", error);
      assertThat(run.out()).isEmpty();
      var once = run(Map.of(), "bore", "local", "8000", to, "--port=80", "--once");
      assertThat(once.exit()).isEqualTo(1);
    }
  }

  @Test
  void unreachableServerWithOnceIsOneLineAndExitsWithOne() {
    var run = run(Map.of("RUST_LOG", "error"), "bore", "local", "8000", UNREACHABLE, "--once");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err().lines()).singleElement().asString().contains("127.0.0.1:1");
  }

  @Test
  void unresolvableNameWithOnceExitsWithOne() {
    var run = run(Map.of(), "bore", "local", "8000", "--to=no-such-host.invalid", "--once");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("no-such-host.invalid");
  }

  @Test
  void variablesOfBoreSuffice() throws Exception {
    try (var control = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var server =
          Threads.start(
              "scripted server",
              () -> {
                try (Socket client = control.accept()) {
                  client
                      .getOutputStream()
                      .write(
                          "{\"Challenge\":\"01020304-0506-4708-890a-0b0c0d0e0f10\"}\0".getBytes());
                  // The answer of the specification for the secret 'secret' ends the frame.
                  byte[] answer = client.getInputStream().readNBytes(83);
                  String tag = "fe95624c3d5b270fa217839a27eeada6d0978e989bef079e9265d1113aa24e8a";
                  boolean isRight = new String(answer).contains(tag);
                  client
                      .getOutputStream()
                      .write((isRight ? "{\"Hello\":4711}\0" : "\"wrong\"\0").getBytes());
                  client.shutdownOutput();
                  client.getInputStream().readAllBytes();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      var variables =
          Map.of(
              "BORE_SERVER", "127.0.0.1:" + control.getLocalPort(),
              "BORE_SECRET", "secret",
              "BORE_LOCAL_PORT", "8000",
              "CULVERT_SECRET", "of another tunnel",
              "CULVERT_SECRET_FILE", "/of/another/tunnel",
              "CULVERT_TO", "elsewhere.invalid");
      var run = run(variables, "bore", "local", "--once");
      server.join();
      assertThat(run.out()).isEqualTo("listening at 127.0.0.1:4711\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bore local",
        "bore local 8000",
        "bore local --to=x",
        "bore local 70000 --to=x",
        "bore local -1 --to=x",
        "bore local web --to=x",
        "bore local 8000 --to=x --port=65536",
        "bore local 8000 --to=a:b:c",
        "bore local 8000 --to=x:0x",
        "bore local 8000 9000 --to=x",
        "bore"
      })
  void invalidCommandLineExitsWithTwo(String line) {
    var run = run(Map.of(), line.split(" "));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void helpContainsEveryOptionAndVariableOfBore() throws Exception {
    var bore = new ProcessBuilder(BoreProgram.program().toString(), "local", "--help").start();
    String theirs = new String(bore.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String ours = Help.of("bore local");
    var words = Pattern.compile("(?m)^ *(-[a-z]), (--[a-z-]+)|env: ([A-Z_]+)").matcher(theirs);
    int options = 0;
    for (; words.find(); options++) {
      for (int i = 1; i <= words.groupCount(); i++) {
        if (words.group(i) != null) {
          assertThat(ours).contains(words.group(i));
        }
      }
    }
    assertThat(options).as("options and variables found").isEqualTo(8);
  }
}
