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
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
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

/** Who joins a group by itself: with streams, with a server, with a local address. */
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
            BounceGreeting.PROGRAM,
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

  /** In a thread of its own. */
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
  void twoPairsOfStreamsAreJoinedAndHalfClosesGoThrough() throws Exception {
    var firstOut = new ByteArrayOutputStream();
    var secondOut = new ByteArrayOutputStream();
    var typed = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed)) {
      // Who ends its input while it is alone leaves the group.
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
  void whatHasEndedOneWayGoesOnTheOther() throws Exception {
    var firstOut = new ByteArrayOutputStream();
    var typed = new PipedOutputStream();
    var heard = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed);
        var screen = new PipedInputStream(heard)) {
      var second = stream(other, keyboard, heard);
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
  void everyByteOfALotArrives() throws Exception {
    long seed = Seed.random("bounce connect").nextLong();
    var typed = new PipedOutputStream();
    var heard = new PipedOutputStream();
    try (var one = client();
        var other = client();
        var keyboard = new PipedInputStream(typed, 1 << 17);
        var screen = new PipedInputStream(heard, 1 << 17)) {
      var first = stream(one, keyboard, OutputStream.nullOutputStream());
      awaitMembers(1);
      var second = stream(other, InputStream.nullInputStream(), heard);
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
  void aGroupThatBreaksEndsTheStreamsThoughStandardInputSaysNothing() throws Exception {
    try (var one = client();
        var typed = new PipedOutputStream();
        var keyboard = new PipedInputStream(typed)) {
      var streams = stream(one, keyboard, OutputStream.nullOutputStream());
      awaitMembers(1);
      try (var other = client()) {
        other.join().reset();
      }
      assertThat(streams).failsWithin(LIMIT).withThrowableThat().withMessageContaining("reset");
      // The thread that waits for standard input ends with it.
    }
  }

  @Test
  void standardOutputThatTakesNothingEndsTheStreams() throws Exception {
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
          .withMessageContaining("standard output takes nothing any more");
      peer.close();
    }
  }

  @Test
  void closingTheClientEndsItsStreams() throws Exception {
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
  void whoCannotJoinHearsWhyAndWhere() throws Exception {
    try (var wrong = client(bounce.address(), "helli", LIMIT)) {
      assertThatThrownBy(wrong::join)
          .isInstanceOf(RefusedException.class)
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
          .hasMessageContaining("/ac: the group ac is full");
      one.close();
      two.close();
    }
    try (var ssh = new TestServer(c -> c.getOutputStream().write(ascii("SSH-2.0-x\r\n")));
        var client = client(ssh.address(), "hello", LIMIT)) {
      assertThatThrownBy(client::join)
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("what answers there speaks SSH, and is no bounce server");
    }
  }

  @Test
  void whatSaysNothingIsGivenUpInTime() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client =
            client(
                new HostPort("127.0.0.1", silent.getLocalPort()),
                "hello",
                Duration.ofMillis(200))) {
      assertThatThrownBy(client::join)
          .hasMessageContaining("not joined within 200ms; is this a bounce server");
    }
  }

  @Test
  void aServerInTheGroupIsReachedByOneAfterTheOther() throws Exception {
    try (var server = TestServer.echo();
        var beside = client()) {
      var served = new GroupForwarder(beside, server.address(), false, log.log());
      var end = start(served::run);
      for (int i = 0; i < 5; i++) {
        try (var visitor = client()) {
          // Whoever ends its input while it is alone is not heard.
          awaitJoined(2 * i + 1);
          assertThat(server.accepted()).isEqualTo(i);
          Connection connection = visitor.join();
          connection.output().write(ascii("visit " + i));
          connection.closeOutput();
          assertThat(connection.input().readAllBytes()).isEqualTo(ascii("visit " + i));
          connection.close();
        }
      }
      served.stop();
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.STOPPED);
    }
  }

  @Test
  void aVisitToAServerThatRefusesIsResetAndTheNextIsWaitedFor() throws Exception {
    try (var nobody = new RefusingPort();
        var beside = client()) {
      var served = new GroupForwarder(beside, nobody.address(), false, log.log());
      var end = start(served::run);
      for (int i = 0; i < 2; i++) {
        awaitJoined(2 * i + 1);
        try (var visitor = client()) {
          Connection connection = visitor.join();
          connection.output().write('a');
          assertThatThrownBy(() -> connection.input().read()).isInstanceOf(IOException.class);
          connection.close();
        }
      }
      log.await("visit refused");
      served.stop();
      assertThat(end).succeedsWithin(LIMIT);
    }
  }

  @Test
  void onceIsOnce() throws Exception {
    try (var server = TestServer.echo();
        var beside = client();
        var visitor = client()) {
      var end = start(new GroupForwarder(beside, server.address(), true, log.log())::run);
      awaitMembers(1);
      Connection connection = visitor.join();
      connection.output().write('a');
      connection.closeOutput();
      assertThat(connection.input().readAllBytes()).containsExactly('a');
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.SERVED);
      connection.close();
    }
    try (var beside = client()) {
      bounce.close();
      var end = start(new GroupForwarder(beside, ANY, true, log.log())::run);
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.UNREACHABLE);
    }
  }

  @Test
  void aWrongAuthenticationStringFromTheStartIsTheEnd() {
    try (var beside = client(bounce.address(), "helli", LIMIT)) {
      var end = start(new GroupForwarder(beside, ANY, false, log.log())::run);
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.CREDENTIALS);
    }
  }

  @Test
  void aServerStaysInTheGroupThroughAnOutage() throws Exception {
    var beside = client();
    try (var server = TestServer.echo();
        var visitor = client()) {
      var served = new GroupForwarder(beside, server.address(), false, log.log());
      var end = start(served::run);
      awaitMembers(1);
      HostPort where = bounce.address();
      bounce.close();
      log.await("cannot join the group");
      bounce =
          new PairingBounceServer(where, AUTHENTICATION, TransportKind.PLAIN, Optional.empty());
      awaitMembers(1);
      Connection connection = visitor.join();
      connection.output().write('a');
      assertThat(connection.input().read()).isEqualTo('a');
      served.stop();
      beside.close();
      assertThat(end).succeedsWithin(LIMIT).isEqualTo(GroupForwarder.Outcome.STOPPED);
      connection.close();
    }
  }

  @Test
  void localConnectionsEnterTheGroupOneAtATime() throws Exception {
    try (var server = TestServer.echo();
        var beside = client();
        var inner = client();
        var entrance = LocalForwarder.open(inner, ANY, log.log())) {
      var served = new GroupForwarder(beside, server.address(), false, log.log());
      var end = start(served::run);
      try (Socket first = connect(entrance);
          Socket second = connect(entrance)) {
        first.getOutputStream().write('a');
        assertThat(first.getInputStream().read()).isEqualTo('a');
        second.getOutputStream().write('b');
        first.getOutputStream().write('c');
        first.shutdownOutput();
        assertThat(first.getInputStream().readAllBytes()).containsExactly('c');
        assertThat(second.getInputStream().read()).isEqualTo('b');
        second.shutdownOutput();
        assertThat(second.getInputStream().read()).isEqualTo(-1);
      }
      log.await("connection ended");
      served.stop();
      assertThat(end).succeedsWithin(LIMIT);
    }
  }

  @Test
  void aLocalConnectionWhoseTurnDoesNotComeIsResetWithAReason() throws Exception {
    try (var inner = client(bounce.address(), AUTHENTICATION, Duration.ofMillis(500));
        var entrance = LocalForwarder.open(inner, ANY, log.log());
        Socket first = connect(entrance)) {
      awaitMembers(1);
      try (Socket second = connect(entrance)) {
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(IOException.class);
      }
      log.await("another one was in the group all the time");
      assertThat(first.isConnected()).isTrue();
    }
  }

  private static Socket connect(LocalForwarder entrance) throws IOException {
    return TestClient.dial(entrance.address());
  }
}
