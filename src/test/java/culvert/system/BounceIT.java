package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.RolePair;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bounce server as a process of the image, and clients that use only its protocol. */
@Timeout(120)
class BounceIT {

  private static final Path SCRIPT = Path.of("/usr/bin/script");

  /** Follows the README of BounceServer and its example only. */
  @Test
  void clientWrittenFromTheReadmeJoins() throws Exception {
    try (var bounce = BounceProcess.start("--protocol", "text", "--auth", "hello");
        BounceClient one = BounceClient.dial(bounce.address());
        BounceClient two = BounceClient.dial(bounce.address())) {
      one.receive("4-BounceServer_1.0").send("hello").send("00ac");
      two.receive("4-BounceServer_1.0").send("hello").send("00ac");
      one.send("DATA").send("\n");
      two.receive("DATA\n").send("and back");
      one.receive("and back");
    }
  }

  @Test
  void clientOfTheOriginalProgramJoins() throws Exception {
    try (var bounce = BounceProcess.start("--auth", "hi");
        BounceClient one = bounce.join("hi00ac");
        BounceClient two = bounce.join("hi00AC")) {
      one.send("DATA");
      two.receive("DATA").send("and back");
      one.receive("and back");
      try (BounceClient third = BounceClient.dial(bounce.address())) {
        third.receive("4-BounceServer_1.0\n").send("hi00ac");
        assertThat(third.receiveAll()).isEqualTo("Connection Group Full");
      }
      try (BounceClient other = BounceClient.dial(bounce.address())) {
        other.receive("4-BounceServer_1.0\n").send("ho00ac");
        assertThat(other.receiveAll()).isEqualTo("Authentication failure");
      }
    }
  }

  @Test
  void consoleInspectsAndStopsADaemon() throws Exception {
    try (var bounce =
            BounceProcess.start("-d", "--console-addr=127.0.0.1:0", "--auth=hi", "-vvvv");
        BounceClient one = bounce.join("hi0007");
        BounceClient two = bounce.join("hi0007")) {
      try (BounceClient console = BounceClient.dial(bounce.console()).receiveThrough("> ")) {
        // A line about a member that has just joined may come first.
        console.send("print channels\r\n").receiveThrough("GROUP  HEX  COUNT  MEMBERS\n");
        try (BounceClient second = BounceClient.dial(bounce.console())) {
          assertThat(second.receiveAll()).startsWith("another console is connected");
        }
      }
      one.send("hello");
      two.receive("hello");
      bounce.role().err().await("member data dumped", "hex=\"68 65 6c 6c 6f\" text=hello");
      try (BounceClient console = BounceClient.dial(bounce.console()).receiveThrough("> ")) {
        console.send("kill 0\nstop\n");
        assertThat(bounce.role().await().exit()).isZero();
        assertThat(console.receiveAll())
            .contains("connection closed\n", "stopping; members may finish for a while\n");
      }
      assertThat(one.receiveAll()).isEmpty();
    }
  }

  @Test
  void membersFinishWhenTheServerStops() throws Exception {
    try (var bounce = BounceProcess.start("--auth=hi");
        BounceClient one = bounce.join("hi0007");
        BounceClient two = bounce.join("hi0007");
        BounceClient alone = bounce.join("hi0008")) {
      bounce.role().terminate();
      assertThat(alone.receiveAll()).isEmpty();
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThatThrownBy(() -> BounceClient.dial(bounce.address()).close())
                  .isInstanceOf(ConnectException.class));
      one.send("the rest");
      two.receive("the rest").send("thanks");
      one.receive("thanks").close();
      RoleProcess.Ended ended = bounce.role().await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.err()).contains("draining members=3 limit=30s").contains("stopping");
    }
  }

  @Test
  void drainTimeoutClosesMembersAndASecondSignalStopsAtOnce() throws Exception {
    try (var bounce = BounceProcess.start("--auth=hi", "--drain-timeout=100ms");
        BounceClient one = bounce.join("hi0007");
        BounceClient two = bounce.join("hi0007")) {
      bounce.role().terminate();
      assertThat(bounce.role().await().exit()).isZero();
      assertThat(one.receiveAll()).isEmpty();
      assertThat(two.receiveAll()).isEmpty();
    }
    try (var bounce = BounceProcess.start("--auth=hi");
        BounceClient one = bounce.join("hi0007");
        BounceClient two = bounce.join("hi0007")) {
      bounce.role().terminate();
      bounce.role().err().await("draining members=2");
      bounce.role().terminate();
      assertThat(bounce.role().await().exit()).isEqualTo(143);
      assertThat(List.of(one, two)).allSatisfy(BounceIT::isOver);
    }
  }

  private static void isOver(BounceClient client) {
    try {
      assertThat(client.receiveAll()).isEmpty();
    } catch (SocketException e) {
      // A reset also ends the connection.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void commandsAreReadFromATerminalOnly() throws Exception {
    try (var bounce = BounceProcess.start("--auth=hi")) {
      bounce.role().process().getOutputStream().write("stop\n".getBytes(StandardCharsets.US_ASCII));
      bounce.role().process().getOutputStream().close();
      bounce.join("hi0007").close();
      bounce.role().terminate();
      assertThat(bounce.role().await().out()).as("output after the first line").isEmpty();
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
  void everyExitCodeHasItsErrorLine() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      ended(1, "cannot listen on 127.0.0.1:" + port, "--bind=127.0.0.1", "-p", port);
    }
    ended(2, "invalid value 'many' for -p: expected a whole number", "-p", "many");
    ended(2, "unknown option '--prt': did you mean '--port'?", "--prt=1");
    ended(
        78,
        "invalid group '7' for --close-with-peer: expected 0 to 6",
        "--max-pairs=7",
        "--close-with-peer=7");
    ended(78, "is not a loopback address", "-d", "-p", "0", "--console-addr=0.0.0.0:0");
  }

  private static void ended(int code, String line, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("bounce-server"));
    command.addAll(List.of(options));
    RoleProcess.Ended ended = RoleProcess.run(command.toArray(String[]::new));
    assertThat(ended.err()).contains(line).hasLineCount(1);
    assertThat(ended.exit()).isEqualTo(code);
    assertThat(ended.out()).isEmpty();
  }
}
