package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The bounce server as a process of the image, and clients that know nothing of it but its wire.
 */
@Timeout(120)
class BounceIT {

  private static final Path SCRIPT = Path.of("/usr/bin/script");

  /** A bounce server and where it listens. */
  private record Bounce(RoleProcess role, HostPort address, HostPort console)
      implements AutoCloseable {

    /** One on free ports, with these options. */
    static Bounce start(String... options) throws IOException {
      List<String> words = new ArrayList<>(List.of("bounce-server", "--bind=127.0.0.1", "-p", "0"));
      words.addAll(List.of(options));
      RoleProcess role = RoleProcess.start(words.toArray(String[]::new));
      try {
        String[] bound = role.line().split("bounce-server: listening |, console ");
        HostPort console = bound.length > 2 ? HostPort.parse(bound[2]) : null;
        return new Bounce(role, HostPort.parse(bound[1]), console);
      } catch (IOException | RuntimeException e) {
        role.close();
        throw e;
      }
    }

    /** As the description of the program has it: READY says that it is in its group. */
    Talker join(String authenticationAndGroup) throws IOException {
      return Talker.dial(address)
          .hears("4-BounceServer_1.0\n")
          .says(authenticationAndGroup)
          .hears("READY");
    }

    @Override
    public void close() {
      role.close();
    }
  }

  /** The other end of a connection. */
  private record Talker(Socket socket) implements AutoCloseable {

    static Talker dial(HostPort address) throws IOException {
      Socket socket = TestClient.dial(address);
      return new Talker(socket);
    }

    Talker says(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    Talker hears(String text) throws IOException {
      byte[] bytes = socket.getInputStream().readNBytes(text.length());
      assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).isEqualTo(text);
      return this;
    }

    /** All until the server closes. */
    String hearsOut() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** What the README of BounceServer tells, and its own example: nothing else is known. */
  @Test
  void aClientWrittenFromTheReadmeAloneJoins() throws Exception {
    try (var bounce = Bounce.start("--protocol", "text", "--auth", "hello");
        Talker one = Talker.dial(bounce.address());
        Talker two = Talker.dial(bounce.address())) {
      one.hears("4-BounceServer_1.0").says("hello").says("00ac");
      two.hears("4-BounceServer_1.0").says("hello").says("00ac");
      one.says("DATA").says("\n");
      two.hears("DATA\n").says("and back");
      one.hears("and back");
    }
  }

  @Test
  void aClientOfTheRealProgramJoins() throws Exception {
    try (var bounce = Bounce.start("--auth", "hi");
        Talker one = bounce.join("hi00ac");
        Talker two = bounce.join("hi00AC")) {
      one.says("DATA");
      two.hears("DATA").says("and back");
      one.hears("and back");
      try (Talker third = Talker.dial(bounce.address())) {
        third.hears("4-BounceServer_1.0\n").says("hi00ac");
        assertThat(third.hearsOut()).isEqualTo("Connection Group Full");
      }
      try (Talker stranger = Talker.dial(bounce.address())) {
        stranger.hears("4-BounceServer_1.0\n").says("ho00ac");
        assertThat(stranger.hearsOut()).isEqualTo("Authentication failure");
      }
    }
  }

  @Test
  void theConsoleOfADaemonSeesAndStopsIt() throws Exception {
    try (var bounce = Bounce.start("-d", "--console-addr=127.0.0.1:0", "--auth=hi", "-vvvv");
        Talker one = bounce.join("hi0007");
        Talker two = bounce.join("hi0007")) {
      try (Talker console = Talker.dial(bounce.console()).hears("> ")) {
        console.says("print channels\r\n").hears("GROUP  HEX  COUNT  MEMBERS\n");
        try (Talker second = Talker.dial(bounce.console())) {
          assertThat(second.hearsOut()).startsWith("another console is connected");
        }
      }
      one.says("hello");
      two.hears("hello");
      bounce.role().err().await("member data dumped", "hex=\"68 65 6c 6c 6f\" text=hello");
      try (Talker console = Talker.dial(bounce.console()).hears("> ")) {
        console.says("kill 0\nstop\n");
        assertThat(bounce.role().await().exit()).isZero();
        assertThat(console.hearsOut())
            .contains("connection closed\n", "stopping; members may finish for a while\n");
      }
      assertThat(one.hearsOut()).isEmpty();
    }
  }

  @Test
  void membersFinishWhenItIsToldToStop() throws Exception {
    try (var bounce = Bounce.start("--auth=hi");
        Talker one = bounce.join("hi0007");
        Talker two = bounce.join("hi0007");
        Talker alone = bounce.join("hi0008")) {
      bounce.role().terminate();
      assertThat(alone.hearsOut()).isEmpty();
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThatThrownBy(() -> Talker.dial(bounce.address()).close())
                  .isInstanceOf(ConnectException.class));
      one.says("the rest");
      two.hears("the rest").says("thanks");
      one.hears("thanks").close();
      RoleProcess.Ended ended = bounce.role().await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.err()).contains("draining members=3 limit=30s").contains("stopping");
    }
  }

  @Test
  void whoDoesNotFinishInTimeIsCutOffAndASecondSignalDoesNotWait() throws Exception {
    try (var bounce = Bounce.start("--auth=hi", "--drain-timeout=100ms");
        Talker one = bounce.join("hi0007");
        Talker two = bounce.join("hi0007")) {
      bounce.role().terminate();
      assertThat(bounce.role().await().exit()).isZero();
      assertThat(one.hearsOut()).isEmpty();
      assertThat(two.hearsOut()).isEmpty();
    }
    try (var bounce = Bounce.start("--auth=hi");
        Talker one = bounce.join("hi0007");
        Talker two = bounce.join("hi0007")) {
      bounce.role().terminate();
      bounce.role().err().await("draining members=2");
      bounce.role().terminate();
      assertThat(bounce.role().await().exit()).isEqualTo(143);
      assertThat(List.of(one, two)).allSatisfy(BounceIT::isOver);
    }
  }

  private static void isOver(Talker talker) {
    try {
      assertThat(talker.hearsOut()).isEmpty();
    } catch (SocketException e) {
      // A reset is an end too.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void itTakesCommandsFromATerminalAndFromNothingElse() throws Exception {
    try (var bounce = Bounce.start("--auth=hi")) {
      bounce.role().process().getOutputStream().write("stop\n".getBytes(StandardCharsets.US_ASCII));
      bounce.role().process().getOutputStream().close();
      bounce.join("hi0007").close();
      bounce.role().terminate();
      assertThat(bounce.role().await().out()).as("behind the first line").isEmpty();
    }
    Assumptions.assumeTrue(Files.isExecutable(SCRIPT), "script, of util-linux");
    String command = RoleProcess.launcher("bounce-server") + " --bind=127.0.0.1 -p 0 --auth=hi";
    try (RoleProcess terminal =
        RoleProcess.start(SCRIPT.toString(), "-qec", command, "/dev/null")) {
      assertThat(terminal.line()).startsWith("bounce-server: listening 127.0.0.1:");
      var keys = terminal.process().getOutputStream();
      keys.write("exit\nstop\n".getBytes(StandardCharsets.US_ASCII));
      keys.flush();
      RoleProcess.Ended ended = terminal.await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.out())
          .contains("> ", "'stop' stops the server", "stopping; members may finish");
    }
  }

  @Test
  void everyExitCodeComesWithItsLine() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      ended(1, "cannot listen on 127.0.0.1:" + port, "--bind=127.0.0.1", "-p", port);
    }
    ended(2, "invalid value 'many' for -p: expected a whole number", "-p", "many");
    ended(2, "unknown option '--prt': did you mean '--port'?", "--prt=1");
    ended(78, "--close-with-peer names the group 7", "--max-pairs=7", "--close-with-peer=7");
    ended(78, "is not a loopback address", "-d", "-p", "0", "--console-addr=0.0.0.0:0");
  }

  private static void ended(int code, String line, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("bounce-server"));
    words.addAll(List.of(options));
    RoleProcess.Ended ended = RoleProcess.run(words.toArray(String[]::new));
    assertThat(ended.err()).contains(line).hasLineCount(1);
    assertThat(ended.exit()).isEqualTo(code);
    assertThat(ended.out()).isEmpty();
  }
}
