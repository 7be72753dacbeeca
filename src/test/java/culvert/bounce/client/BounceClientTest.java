package culvert.bounce.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BounceAuthentication;
import culvert.config.BounceClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import culvert.testing.RandomBytes;
import culvert.testing.RefusingPort;
import culvert.testing.Seed;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests members that join a group with standard streams, a server or a local address. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceClientTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String AUTHENTICATION = "hello";
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final long BULK_BYTES = 64 << 20;

  private final TestLog log = new TestLog();
  private PairingBounceServer bounce;

  @BeforeEach
  void open() throws IOException {
    bounce = new PairingBounceServer(AUTHENTICATION);
  }

  @AfterEach
  void close() {
    bounce.close();
    log.close();
  }

  private BounceClient client(HostPort server, String authentication, Duration connectTimeout) {
    return new BounceClient(
        new BounceClientSettings(
            new GroupAddress(TransportKind.PLAIN, server, new GroupNumber(0xac)),
            new BounceCredentials(
                Optional.of(BounceAuthentication.of(authentication)),
                Optional.empty(),
                WebSocketSettings.DEFAULT),
            BounceGreeting.AS_IMPLEMENTED,
            Optional.empty(),
            connectTimeout,
            LIMIT),
        log.log()::warn);
  }

  private BounceClient client() {
    return client(bounce.address(), AUTHENTICATION, LIMIT);
  }

  private void awaitMembers(int count) throws Exception {
    Eventually.within(LIMIT, () -> assertThat(bounce.members()).isEqualTo(count));
  }

  private void awaitJoined(int count) throws Exception {
    Eventually.within(LIMIT, () -> assertThat(bounce.joined()).isEqualTo(count));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Runs work in a thread of its own. */
  private static <T> CompletableFuture<T> start(Callable<T> work) {
    var end = new CompletableFuture<T>();
    Threads.start(
        "test's work",
        () -> {
          try {
            end.complete(work.call());
          } catch (Exception | Error e) {
            end.completeExceptionally(e);
          }
        });
    return end;
  }

  private static CompletableFuture<Void> stream(
      BounceClient client, InputStream in, OutputStream out) {
    return start(() -> {
      new StandardStreams(client, in, new PrintStream(out)).relay(client.join());
      return null;
    });
  }

  @Test
  void streamsAreJoinedAndHalfCloseIsForwarded() throws Exception {
    var firstOut = new ByteArrayOutputStream();
    var secondOut = new ByteArrayOutputStream();
    var typed = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed)) {
      // A member that ends its input while it is alone leaves the group.
      var first = stream(one, keyboard, firstOut);
      typed.write(ascii("from the first"));
      awaitMembers(1);
      var second = stream(other, new ByteArrayInputStream(ascii("from the second")), secondOut);
      awaitMembers(2);
      typed.close();
      assertThat(first).succeedsWithin(LIMIT);
      assertThat(second).succeedsWithin(LIMIT);
      assertThat(firstOut.toByteArray()).isEqualTo(ascii("from the second"));
      assertThat(secondOut.toByteArray()).isEqualTo(ascii("from the first"));
    }
  }

  @Test
  void otherDirectionContinuesAfterHalfClose() throws Exception {
    var firstOut = new ByteArrayOutputStream();
    var typed = new PipedOutputStream();
    var output = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed);
        var screen = new PipedInputStream(output)) {
      var second = stream(other, keyboard, output);
      awaitMembers(1);
      var first = stream(one, new ByteArrayInputStream(ascii("all")), firstOut);
      // Its standard output is closed, though standard input has not ended.
      assertThat(screen.readAllBytes()).isEqualTo(ascii("all"));
      typed.write(ascii("answer"));
      typed.close();
      assertThat(first).succeedsWithin(LIMIT);
      assertThat(second).succeedsWithin(LIMIT);
      assertThat(firstOut.toByteArray()).isEqualTo(ascii("answer"));
    }
  }

  @Test
  void bulkTransferArrivesComplete() throws Exception {
    long seed = Seed.random("bounce connect").nextLong();
    var typed = new PipedOutputStream();
    var output = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed, 1 << 17);
        var screen = new PipedInputStream(output, 1 << 17)) {
      var first = stream(one, keyboard, OutputStream.nullOutputStream());
      awaitMembers(1);
      var second = stream(other, InputStream.nullInputStream(), output);
      var sent =
          start(() -> {
            long sum = new RandomBytes(seed).send(typed, BULK_BYTES).sum();
            typed.close();
            return sum;
          });
      assertThat(RandomBytes.receive(screen)).isEqualTo(sent.get());
      assertThat(first).succeedsWithin(LIMIT);
      assertThat(second).succeedsWithin(LIMIT);
    }
  }

  @Test
  void resetEndsStreamsWithIdleStandardInput() throws Exception {
    try (var one = client();
        var typed = new PipedOutputStream();
        var keyboard = new PipedInputStream(typed)) {
      var streams = stream(one, keyboard, OutputStream.nullOutputStream());
      awaitMembers(1);
      try (var other = client()) {
        other.join().reset();
      }
      assertThat(streams).failsWithin(LIMIT).withThrowableThat().withMessageContaining("reset");
      // The thread that is blocked in standard input ends when the test closes it.
    }
  }

  @Test
  void failedStandardOutputEndsStreams() throws Exception {
    var full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    try (var one = client();
        var other = client();
        var typed = new PipedOutputStream();
        var keyboard = new PipedInputStream(typed)) {
      var streams = stream(one, keyboard, full);
      Connection peer = other.join();
      peer.output().write('a');
      assertThat(streams)
          .failsWithin(LIMIT)
          .withThrowableThat()
          .withMessageContaining("cannot write to standard output");
      peer.close();
    }
  }

  @Test
  void closingClientEndsItsStreams() throws Exception {
    var one = client();
    try (var typed = new PipedOutputStream();
        var keyboard = new PipedInputStream(typed)) {
      var streams = stream(one, keyboard, OutputStream.nullOutputStream());
      awaitMembers(1);
      one.close();
      assertThat(streams).failsWithin(LIMIT);
    }
  }

  @Test
  void failedJoinNamesCauseAndAddress() throws Exception {
    try (var wrong = client(bounce.address(), "helli", LIMIT)) {
      assertThatThrownBy(wrong::join)
          .isInstanceOf(PeerRefusedException.class)
          .hasMessageStartingWith(
              "bounce://" + bounce.address() + "/ac: the bounce server refused");
    }
    try (var first = client();
        var second = client();
        var third = client()) {
      Connection one = first.join();
      Connection two = second.join();
      assertThatThrownBy(third::join)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("/ac: group ac is full");
      one.close();
      two.close();
    }
    try (var ssh = new TestServer(c -> c.getOutputStream().write(ascii("SSH-2.0-x\r\n")));
        var client = client(ssh.address(), "hello", LIMIT)) {
      assertThatThrownBy(client::join)
          .hasMessageStartingWith("bounce://" + ssh.address() + "/ac: ")
          .hasMessageContaining("an SSH server: is this the port of a bounce server?");
    }
  }

  @Test
  void silentServerTimesOut() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client =
            client(
                new HostPort("127.0.0.1", silent.getLocalPort()),
                "hello",
                Duration.ofMillis(200))) {
      assertThatThrownBy(client::join)
          .hasMessageContaining("not joined within 200ms; is this a bounce server")
          .hasMessageContaining("if its authentication string (--auth) is longer");
    }
  }

  @Test
  void serverInGroupIsReachedByOneVisitorAtATime() throws Exception {
    try (var server = TestServer.echo();
        var serverSide = client()) {
      var groupForwarder = new GroupForwarder(serverSide, server.address(), false, log.log());
      var end = start(groupForwarder::run);
      for (int i = 0; i < 5; i++) {
        try (var visitor = client()) {
          // Data of a member that ends its input while it is alone is not delivered.
          awaitJoined(2 * i + 1);
          assertThat(server.accepted()).isEqualTo(i);
          Connection connection = visitor.join();
          connection.output().write(ascii("visit " + i));
          connection.closeOutput();
          assertThat(connection.input().readAllBytes()).isEqualTo(ascii("visit " + i));
          connection.close();
        }
      }
      groupForwarder.stop();
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.STOPPED);
    }
  }

  @Test
  void visitIsResetWhenServerRefusesAndNextIsAwaited() throws Exception {
    try (var closedPort = new RefusingPort();
        var serverSide = client()) {
      var groupForwarder = new GroupForwarder(serverSide, closedPort.address(), false, log.log());
      var end = start(groupForwarder::run);
      for (int i = 0; i < 2; i++) {
        awaitJoined(2 * i + 1);
        try (var visitor = client()) {
          Connection connection = visitor.join();
          connection.output().write('a');
          assertThatThrownBy(() -> connection.input().read()).isInstanceOf(IOException.class);
          connection.close();
        }
      }
      log.await("visit rejected");
      groupForwarder.stop();
      assertThat(end).succeedsWithin(LIMIT);
    }
  }

  @Test
  void onceEndsAfterFirstVisitOrFailure() throws Exception {
    try (var server = TestServer.echo();
        var serverSide = client();
        var visitor = client()) {
      var end = start(new GroupForwarder(serverSide, server.address(), true, log.log())::run);
      awaitMembers(1);
      Connection connection = visitor.join();
      connection.output().write('a');
      connection.closeOutput();
      assertThat(connection.input().readAllBytes()).containsExactly('a');
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.SERVED);
      connection.close();
    }
    try (var serverSide = client()) {
      bounce.close();
      var end = start(new GroupForwarder(serverSide, ANY, true, log.log())::run);
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.UNREACHABLE);
    }
  }

  @Test
  void wrongAuthenticationEndsForwarder() {
    try (var serverSide = client(bounce.address(), "helli", LIMIT)) {
      var end = start(new GroupForwarder(serverSide, ANY, false, log.log())::run);
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.CREDENTIALS);
    }
  }

  @Test
  void serverRejoinsGroupAfterOutage() throws Exception {
    var serverSide = client();
    try (var server = TestServer.echo();
        var visitor = client()) {
      var groupForwarder = new GroupForwarder(serverSide, server.address(), false, log.log());
      var end = start(groupForwarder::run);
      awaitMembers(1);
      HostPort where = bounce.address();
      bounce.close();
      log.await("group join failed");
      bounce =
          new PairingBounceServer(where, AUTHENTICATION, TransportKind.PLAIN, Optional.empty());
      awaitMembers(1);
      Connection connection = visitor.join();
      connection.output().write('a');
      assertThat(connection.input().read()).isEqualTo('a');
      groupForwarder.stop();
      serverSide.close();
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.STOPPED);
      connection.close();
    }
  }

  @Test
  void localConnectionsJoinGroupOneAtATime() throws Exception {
    try (var server = TestServer.echo();
        var serverSide = client();
        var inner = client();
        var forwarder = LocalForwarder.open(inner, ANY, log.log())) {
      var groupForwarder = new GroupForwarder(serverSide, server.address(), false, log.log());
      var end = start(groupForwarder::run);
      try (Socket first = connect(forwarder)) {
        // Two that connect at the same time may take their turns in either order.
        first.getOutputStream().write('a');
        assertThat(first.getInputStream().read()).isEqualTo('a');
        try (Socket second = connect(forwarder)) {
          second.getOutputStream().write('b');
          first.getOutputStream().write('c');
          first.shutdownOutput();
          assertThat(first.getInputStream().readAllBytes()).containsExactly('c');
          assertThat(second.getInputStream().read()).isEqualTo('b');
          second.shutdownOutput();
          assertThat(second.getInputStream().read()).isEqualTo(-1);
        }
      }
      log.await("connection ended");
      groupForwarder.stop();
      assertThat(end).succeedsWithin(LIMIT);
    }
  }

  @Test
  void localConnectionIsResetWithReasonIfGroupStaysOccupied() throws Exception {
    try (var inner = client(bounce.address(), AUTHENTICATION, Duration.ofMillis(500));
        var forwarder = LocalForwarder.open(inner, ANY, log.log());
        Socket first = connect(forwarder)) {
      awaitMembers(1);
      try (Socket second = connect(forwarder)) {
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(IOException.class);
      }
      log.await("another connection occupied the group");
      assertThat(first.isConnected()).isTrue();
    }
  }

  private static Socket connect(LocalForwarder forwarder) throws IOException {
    return TestClient.dial(forwarder.address());
  }
}
