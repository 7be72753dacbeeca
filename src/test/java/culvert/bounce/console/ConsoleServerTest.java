package culvert.bounce.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BounceAuthentication;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.TestLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests the console at a TCP address: logins, sessions and their limits. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ConsoleServerTest {

  private static final HostPort LOCAL = new HostPort("127.0.0.1", 0);
  private static final HostPort ALL_INTERFACES = new HostPort("0.0.0.0", 0);
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final BounceAuthentication STRING = BounceAuthentication.of("open sesame");

  private final FakeBounceAdmin members =
      new FakeBounceAdmin(FakeBounceAdmin.ready(0, "127.0.0.1", 33564, 172));
  private final Counters counters = new Counters();
  private final TestLog log = new TestLog();
  private final MemberEventLog events =
      new MemberEventLog(Verbosity.of(1), Duration.ofSeconds(10), counters, log.log());

  @AfterEach
  void end() {
    log.close();
  }

  private ConsoleServer server(HostPort where, Optional<BounceAuthentication> authentication)
      throws IOException {
    return ConsoleServer.start(
        where,
        authentication,
        members,
        events,
        new CountingStop(),
        Duration.ofSeconds(10),
        counters,
        log.log());
  }

  private ConsoleServer local() throws IOException {
    return server(LOCAL, Optional.empty());
  }

  /** An operator's client. */
  private static final class Client implements AutoCloseable {
    private final Socket socket;

    Client(ConsoleServer server) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), server.address().port());
      socket.setSoTimeout((int) LIMIT.toMillis());
    }

    void type(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    void expect(String text) throws IOException {
      byte[] bytes = socket.getInputStream().readNBytes(text.length());
      assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(text);
    }

    /** Reads until the server closes. */
    String rest() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void sessionRunsOverSocket() throws Exception {
    try (var server = local();
        var client = new Client(server)) {
      client.expect("> ");
      client.type("print channels\r\n");
      client.expect("GROUP  HEX  COUNT  MEMBERS\n  172   ac      1  #0 127.0.0.1:33564\n> ");
      events.connected(FakeBounceAdmin.connected(1, "10.0.0.1", 5));
      client.expect("\n#1 10.0.0.1:5 connected\n> ");
      client.type("exit\n");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void pipelinedCommandsAreAnsweredInOrder() throws Exception {
    try (var server = local();
        var client = new Client(server)) {
      client.type("echo on\necho off\nexit\n" + "unread input\n".repeat(1000));
      assertThat(client.rest()).isEqualTo("> echo is on\n> echo is off\n> ");
    }
  }

  @Test
  void serverKeepsRunningAfterConsoleCloses() throws Exception {
    try (var server = local()) {
      for (int i = 0; i < 3; i++) {
        try (var client = new Client(server)) {
          client.expect("> ");
        }
        events.connected(FakeBounceAdmin.connected(1, "10.0.0.1", 5));
      }
      assertThat(members.members()).hasSize(1);
    }
  }

  @Test
  void secondConsoleIsRejected() throws Exception {
    try (var server = local();
        var first = new Client(server)) {
      first.expect("> ");
      for (int i = 0; i < 3; i++) {
        try (var second = new Client(server)) {
          second.type("stop\n");
          assertThat(second.rest())
              .isEqualTo("another console is connected; only one is served at a time\n");
        }
      }
      first.type("echo\n");
      first.expect("echo is off");
    }
  }

  @Test
  void anyDisconnectFreesPlaceAtOnce() throws Exception {
    try (var server = local()) {
      for (int i = 0; i < 30; i++) {
        try (var client = new Client(server)) {
          client.expect("> ");
          if (i % 3 == 0) {
            client.socket.setSoLinger(true, 0);
          } else if (i % 3 == 1) {
            client.type("print chan");
          }
        }
      }
    }
  }

  /** The server's thread for it is blocked in a write. */
  @Test
  void floodingConsoleFreesPlaceOnDisconnect() throws Exception {
    try (var server = local()) {
      try (var flood = new Client(server)) {
        var typist =
            Threads.start(
                "typist",
                () -> {
                  byte[] lines = "help\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
                  try {
                    while (true) {
                      flood.socket.getOutputStream().write(lines);
                    }
                  } catch (IOException e) {
                    // The client was closed.
                  }
                });
        Eventually.within(
            LIMIT,
            () -> {
              long sent = flood.socket.getInputStream().available();
              assertThat(sent).isPositive();
              assertThat(typist.getState()).isIn(Thread.State.WAITING, Thread.State.TIMED_WAITING);
            });
        for (int i = 0; i < 1000; i++) {
          events.disconnected(FakeBounceAdmin.connected(1, "10.0.0.1", 5), "x".repeat(10_000));
        }
      }
      try (var next = new Client(server)) {
        next.expect("> ");
      }
    }
  }

  @Test
  void endlessLineEndsSession() throws Exception {
    try (var server = local();
        var client = new Client(server)) {
      client.expect("> ");
      byte[] piece = "x".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  client.socket.getOutputStream().write(piece);
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  @Test
  void authenticationIsRequiredOffLoopback() throws Exception {
    try (var server = server(ALL_INTERFACES, Optional.of(STRING))) {
      try (var client = new Client(server)) {
        client.expect("authentication string: ");
        client.type("open sesame\r\necho\n");
        client.expect("> echo is off");
      }
      for (String wrong : new String[] {"", "open", "open sesame ", "x".repeat(100_000)}) {
        try (var client = new Client(server)) {
          client.expect("authentication string: ");
          client.type(wrong + "\nstop\n");
          assertThat(client.rest()).isEqualTo("wrong authentication string\n");
        }
      }
      log.await("console rejected peer=127.0.0.1:");
      assertThat(log.text()).doesNotContain("sesame");
      assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(3);
    }
  }

  @Test
  void authenticationIsNotRequiredOnLoopback() throws Exception {
    try (var server = server(LOCAL, Optional.of(STRING));
        var client = new Client(server)) {
      client.expect("> ");
    }
  }

  /** Silent unauthenticated connections neither lock out others nor stay beyond the limit. */
  @Test
  void unauthenticatedConnectionsTakeNoPlace() throws Exception {
    List<Client> silent = new ArrayList<>();
    try (var server = server(ALL_INTERFACES, Optional.of(STRING))) {
      try {
        for (int i = 0; i < 100; i++) {
          var stranger = new Client(server);
          silent.add(stranger);
          // From then on it is older than the client below.
          stranger.expect("authentication string: ");
        }
        try (var client = new Client(server)) {
          client.expect("authentication string: ");
          client.type("open sesame\n");
          client.expect("> ");
        }
        Eventually.within(
            LIMIT, () -> assertThat(counters.get(Counter.HALF_OPEN_DROPPED)).isPositive());
      } finally {
        for (Client client : silent) {
          client.close();
        }
      }
    }
  }

  @Test
  void missingAuthenticationIsRejectedOffLoopback() {
    assertThatThrownBy(() -> server(ALL_INTERFACES, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--console-addr 0.0.0.0:0 is not a loopback address")
        .hasMessageContaining("--auth");
  }

  @Test
  void untypeableAuthenticationIsRejectedOffLoopback() {
    for (String string : new String[] {"a\nb", "a\r"}) {
      assertThatThrownBy(() ->
              server(ALL_INTERFACES, Optional.of(BounceAuthentication.of(string.getBytes(UTF_8)))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has a line end");
    }
  }

  @Test
  void addressInUseIsNamed() throws Exception {
    try (var server = local()) {
      HostPort taken = server.address();
      assertThatThrownBy(() -> server(taken, Optional.empty()))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen on " + taken);
    }
  }
}
