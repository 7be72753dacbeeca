package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Ports;
import culvert.testing.RandomBytes;
import culvert.testing.Seed;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both proxies and the bounce server that joins them, each a process of the image. */
@Timeout(240)
class BounceGroupIT {

  private static final String AUTHENTICATION = "a string that members send";
  private static final String PAYLOAD = "payload that the bounce server should not read";
  private static final long GIGABYTE = 1L << 30;

  private static final Map<String, String> SETTINGS =
      Map.of(
          "CULVERT_SECRET", Launcher.SECRET_TEXT,
          "CULVERT_AUTH", AUTHENTICATION,
          "CULVERT_BOUNCE_AUTH", AUTHENTICATION);

  /** Starts a role with fixed addresses, so that it can be restarted. */
  private static RoleProcess start(String role, String... options) throws IOException {
    List<String> commandLine = new ArrayList<>(List.of(role));
    commandLine.addAll(List.of(options));
    return RoleProcess.start(SETTINGS, commandLine.toArray(String[]::new));
  }

  private static RoleProcess bounce(int port, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of("--bind=127.0.0.1", "-p", String.valueOf(port)));
    options.addAll(List.of(more));
    return start("bounce-server", options.toArray(String[]::new));
  }

  private static HostPort address(RoleProcess bounce) throws IOException {
    return HostPort.parse(bounce.line().split("bounce-server: listening ")[1]);
  }

  private static RemoteProcess remote(HostPort bounce, HostPort outside) throws IOException {
    RoleProcess role =
        start(
            "remote-proxy", "--control-via=bounce://" + bounce + "/1", "--outside-addr=" + outside);
    try {
      String line = role.line();
      return new RemoteProcess(role, bounce, HostPort.parse(line.split("outside default=")[1]));
    } catch (IOException | RuntimeException e) {
      role.close();
      throw e;
    }
  }

  private static RoleProcess origin(HostPort bounce, HostPort server) throws IOException {
    return start(
        "origin-proxy",
        "--remote-proxy-addr=bounce://" + bounce + "/1",
        "--origin-server-addr=" + server);
  }

  @Test
  void pairServesAgainAfterAnyOfTheThreeIsKilled() throws Exception {
    try (var server = TestServer.echo();
        RoleProcess bounce = bounce(Ports.reserve().port(), "--close-with-peer")) {
      HostPort at = address(bounce);
      try (RemoteProcess remote = remote(at, Ports.reserve());
          RoleProcess origin = origin(at, server.address())) {
        origin.line();
        remote.assertServes();
        origin.kill();
        try (RoleProcess second = origin(at, server.address())) {
          second.line();
          remote.assertServes();
          remote.role().kill();
          try (RemoteProcess back = remote(at, remote.outside())) {
            second.line();
            back.assertServes();
            bounce.kill();
            second.err().await("session lost");
            try (RoleProcess again = bounce(at.port(), "--close-with-peer")) {
              again.line();
              second.line();
              back.assertServes();
            }
          }
        }
      }
    }
  }

  /** At the highest verbosity the bounce server prints every byte that it forwards. */
  @Test
  void bounceServerSeesEncryptedBytesOnly() throws Exception {
    try (var server = TestServer.echo();
        RoleProcess bounce = bounce(0, "--close-with-peer", "-vvvv", "--log-period=1ms")) {
      HostPort at = address(bounce);
      try (RemoteProcess remote = remote(at, Launcher.ANY);
          RoleProcess origin = origin(at, server.address())) {
        origin.line();
        byte[] payload = PAYLOAD.getBytes(StandardCharsets.US_ASCII);
        try (Socket visitor = remote.visit()) {
          visitor.getOutputStream().write(payload);
          assertThat(visitor.getInputStream().readNBytes(payload.length)).isEqualTo(payload);
        }
        assertThat(seen(bounce)).contains("CULVERT").doesNotContain("should", "default");
      }
      try (Socket one = join(at);
          Socket two = join(at)) {
        one.getOutputStream().write(PAYLOAD.getBytes(StandardCharsets.US_ASCII));
        two.getInputStream().readNBytes(PAYLOAD.length());
        bounce.err().await("payload");
        assertThat(seen(bounce)).as("unencrypted bytes").contains("should");
      }
    }
  }

  /** Returns the text of all dumped bytes. */
  private static String seen(RoleProcess bounce) {
    return bounce
        .err()
        .text()
        .lines()
        .filter(line -> line.contains(" hex="))
        .map(line -> line.replaceAll(".* text=\"?", "").replaceAll("\"$", ""))
        .reduce("", String::concat);
  }

  private static Socket join(HostPort at) throws IOException {
    Socket socket = TestClient.dial(at);
    byte[] banner = "4-BounceServer_1.0\n".getBytes(StandardCharsets.US_ASCII);
    assertThat(socket.getInputStream().readNBytes(banner.length)).isEqualTo(banner);
    String login = AUTHENTICATION + "00ac";
    socket.getOutputStream().write(login.getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("READY");
    return socket;
  }

  /**
   * The original BounceServer loses bytes of every hundred megabytes once the reader has paused.
   */
  @Test
  void gigabytePassesThroughAGroupWithAPausingReader() throws Exception {
    long seed = Seed.random("gigabytePassesThroughAGroup").nextLong();
    try (RoleProcess bounce = bounce(0, "-vv")) {
      HostPort at = address(bounce);
      try (Socket one = join(at);
          Socket two = join(at)) {
        var paused = new CountDownLatch(1);
        var sending =
            started(() -> new RandomBytes(seed).send(one.getOutputStream(), GIGABYTE).sum());
        var receiving =
            started(() -> {
              paused.await();
              return RandomBytes.receive(two.getInputStream(), GIGABYTE);
            });
        bounce.err().await("member state changed", "state=WAITING");
        paused.countDown();
        assertThat(receiving.get()).isEqualTo(sending.get());
      }
    }
  }

  private static <T> FutureTask<T> started(Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start("bulk", task);
    return task;
  }
}
