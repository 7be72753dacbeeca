package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.origin.OriginProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RefusingPort;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The client side of the bore protocol against a server that sends exactly the bytes a test
 * specifies.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreOriginTest {

  private static final String ID = "17d627d5-186a-4a45-8679-d49a45204e2c";

  private TestServer local;
  private ScriptedBore server;
  private Client client;

  @BeforeEach
  void setUp() throws Exception {
    local = TestServer.echo();
    server = new ScriptedBore();
  }

  @AfterEach
  void tearDown() throws Exception {
    server.close();
    if (client != null) {
      client.close();
    }
    local.close();
  }

  private void run(Client.Options options) {
    client = new Client(server.address(), local.address(), options);
  }

  @Test
  void visitorIsAcceptedByIdAndBothDirectionsEndIndependently() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    assertThat(client.announced()).isEqualTo(new HostPort("127.0.0.1", 4711));
    control.send("\"Heartbeat\"").send("{\"Connection\":\"" + ID + "\"}").send("\"Heartbeat\"");
    var channel = server.accept().expect("{\"Accept\":\"" + ID + "\"}").write("hello");
    assertThat(channel.read(5)).isEqualTo("hello");
    channel.write(" and goodbye").socket().shutdownOutput();
    assertThat(channel.readAll()).isEqualTo(" and goodbye");
    client.awaitLog("relay ended", ID, "reason=done");
  }

  /** The visitor would occupy its place until the timeout of the dial. */
  @Test
  void dialIsCancelledWhenTheServerResetsTheDataChannel() throws Exception {
    try (var silent = new UnansweredAddress()) {
      client = new Client(server.address(), HostPort.of(silent.address()), new Client.Options());
      var channel = server.visit(server.control(0, 4711)).write("a request");
      channel.reset();
      Counters counters = client.role().counters();
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(counters.get(Counter.VISITORS_GONE)).isEqualTo(1));
      assertThat(counters.get(Counter.OPENS_FAILED)).isZero();
    }
  }

  /** The visitor half-closes its connection; it may be waiting for the answer. */
  @Test
  void bytesAndEndOfADataChannelBeforeTheDialAreForwarded() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    for (int i = 0; i < 20; i++) {
      var channel = server.visit(control).write("request " + i);
      channel.socket().shutdownOutput();
      assertThat(channel.readAll()).isEqualTo("request " + i);
    }
  }

  @Test
  void framesSentByteByByteAreParsed() throws Exception {
    run(new Client.Options().port(4711));
    var control = server.accept().expect("{\"Hello\":4711}");
    control.socket().setTcpNoDelay(true);
    for (char c : ("{\"Hello\":4711}\0{\"Connection\":\"" + ID + "\"}\0").toCharArray()) {
      control.write("" + c);
    }
    server.accept().expect("{\"Accept\":\"" + ID + "\"}");
  }

  /** A real server has accepted these answers. */
  @Test
  void eachConnectionAnswersItsOwnChallenge() throws Exception {
    run(new Client.Options().secret("secret"));
    var control = server.accept().send("{\"Challenge\":\"01020304-0506-4708-890a-0b0c0d0e0f10\"}");
    control
        .expect(
            "{\"Authenticate\":\""
                + "fe95624c3d5b270fa217839a27eeada6d0978e989bef079e9265d1113aa24e8a\"}")
        .expect("{\"Hello\":0}")
        .send("{\"Hello\":4711}")
        .send("{\"Connection\":\"" + ID + "\"}");
    var channel = server.accept().send("{\"Challenge\":\"f47ac10b-58cc-4372-a567-0e02b2c3d479\"}");
    channel
        .expect(
            "{\"Authenticate\":\""
                + "a82dc179e4d138ca15810d66d643b8f9123e150b6a03187bd9e977752cef61f1\"}")
        .expect("{\"Accept\":\"" + ID + "\"}")
        .write("x");
    assertThat(channel.read(1)).isEqualTo("x");
  }

  @Test
  void clientRequestsSamePortAfterServerClosesAndRelaysContinue() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    var channel = server.visit(control).write("a");
    assertThat(channel.read(1)).isEqualTo("a");
    control.close();
    server.control(4711, 4711);
    assertThat(client.announced()).isEqualTo(client.announced());
    channel.write("b");
    assertThat(channel.read(1)).isEqualTo("b");
    client.awaitLog("session lost", "the server closed the connection");
  }

  @Test
  void portHeldByDeadSessionIsRequestedAgain() throws Exception {
    run(new Client.Options());
    server.control(0, 4711).close();
    server.accept().expect("{\"Hello\":4711}").send("{\"Error\":\"port already in use\"}").close();
    client.awaitLog("session not started", "port 4711: server error: port already in use");
    server.control(4711, 4711);
  }

  @Test
  void silentServerIsDisconnectedAndDialledAgain() throws Exception {
    run(new Client.Options().heartbeatTimeout(Duration.ofMillis(500)));
    var silent = server.control(0, 4711);
    server.control(4711, 4711);
    client.awaitLog("session lost", "the server was silent for 500ms");
    assertThat(client.role().counters().get(Counter.SESSIONS_SILENT)).isOne();
    assertThatThrownBy(() -> silent.socket().getInputStream().read())
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "port already in use",
        "permission denied",
        "client port number not in allowed range"
      })
  void portNeverAssignedIsDeclinedPermanently(String error) throws Exception {
    run(new Client.Options().port(80));
    server.accept().expect("{\"Hello\":80}").send("{\"Error\":\"" + error + "\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.DECLINED);
    client.awaitLog("ERROR", "service declined", "port 80: server error: " + error);
  }

  @ParameterizedTest
  @ValueSource(strings = {"failed to find an available port", "something new"})
  void temporaryErrorIsRetried(String error) throws Exception {
    run(new Client.Options());
    server.accept().expect("{\"Hello\":0}").send("{\"Error\":\"" + error + "\"}");
    server.control(0, 4711);
    client.awaitLog("WARN", "session not started", "cause=\"server error: " + error);
  }

  @Test
  void wrongSecretEndsTheRole() throws Exception {
    run(new Client.Options().secret("wrong"));
    server.accept().send("{\"Challenge\":\"" + ID + "\"}").send("{\"Error\":\"invalid secret\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "server error: invalid secret");
    assertThat(client.log()).doesNotContain("wrong");
  }

  @Test
  void missingSecretEndsTheRole() throws Exception {
    run(new Client.Options());
    server.accept().send("{\"Challenge\":\"" + ID + "\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "requires a secret, but none is set: give --secret or BORE_SECRET");
  }

  @Test
  void unrequestedSecretEndsTheRole() throws Exception {
    run(new Client.Options().secret("abc"));
    server.accept().send("\"Heartbeat\"");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "a secret is set, but the server requires none");
  }

  /** A forwarder whose server is down also accepts and closes. */
  @Test
  void serverThatClosesBeforeItsChallengeIsRetried() throws Exception {
    run(new Client.Options().secret("abc"));
    server.accept().close();
    server.accept().close();
    client.awaitLog("WARN", "the server closed the connection before it requested the secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"Heartbeat\"", "{\"Hello\":70000}", "{\"Hullo\":1}", "[]", ""})
  void invalidAnswerIsRetried(String answer) throws Exception {
    run(new Client.Options());
    server.accept().send(answer);
    server.control(0, 4711);
    client.awaitLog("WARN", "session not started");
  }

  @Test
  void endlessFrameIsRejectedAndFreesItsConnection() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    String piece = "*".repeat(100_000);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                control.write(piece);
              }
            })
        .isInstanceOf(IOException.class);
    client.awaitLog("WARN", "frame error, invalid byte length");
    server.control(4711, 4711);
  }

  @Test
  void unexpectedMessagesAreLoggedAndSessionContinues() throws Exception {
    run(new Client.Options());
    var control =
        server
            .control(0, 4711)
            .send("{\"Error\":\"forged\\nline\"}")
            .send("{\"Hello\":1}")
            .send("{\"Challenge\":\"" + ID + "\"}");
    var channel = server.visit(control).write("x");
    assertThat(channel.read(1)).isEqualTo("x");
    client.awaitLog("server error received", "forged\\u000aline");
    client.awaitLog("unexpected message received", "hello");
    client.awaitLog("unexpected message received", "challenge");
  }

  @Test
  void onceModeEndsWithOrderlyEndOfSessionOnly() throws Exception {
    run(new Client.Options().once());
    server.control(0, 4711).close();
    assertThat(client.end()).isEqualTo(OriginProxy.End.ENDED);
    client.close();
    run(new Client.Options().once());
    var control = server.control(0, 4711);
    client.announced();
    control.reset();
    assertThat(client.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void onceModeFailsIfServerIsUnreachable() throws Exception {
    try (var refusing = new RefusingPort()) {
      client = new Client(refusing.address(), local.address(), new Client.Options().once());
      assertThat(client.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
      client.awaitLog("ERROR", refusing.address().toString());
    }
  }

  /**
   * The end must not overtake the Accept: the visitor would wait until its time limit at the
   * server.
   */
  @Test
  void refusedOriginServerEndsChannelAfterAccept() throws Exception {
    try (var refusing = new RefusingPort()) {
      client = new Client(server.address(), refusing.address(), new Client.Options());
      var control = server.control(0, 4711);
      for (int i = 0; i < 20; i++) {
        var channel = server.visit(control).write("early");
        assertThat(channel.readAll()).isEmpty();
        channel.close();
      }
      client.awaitLog("origin server not reached", "Connection refused");
    }
  }

  @Test
  void resetIsForwardedInBothDirections() throws Exception {
    var ended = new CompletableFuture<Throwable>();
    local.close();
    try (var service = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      client =
          new Client(
              server.address(),
              new HostPort("127.0.0.1", service.getLocalPort()),
              new Client.Options());
      var control = server.control(0, 4711);
      var channel = server.visit(control).write("x");
      try (Socket connection = service.accept()) {
        assertThat(connection.getInputStream().read()).isEqualTo('x');
        channel.reset();
        Thread.ofVirtual()
            .start(() -> {
              try {
                ended.completeExceptionally(
                    new AssertionError("read " + connection.getInputStream().read()));
              } catch (IOException e) {
                ended.complete(e);
              }
            });
        assertThat(ended.get(30, TimeUnit.SECONDS)).hasMessageContaining("reset");
      }
      var other = server.visit(control).write("x");
      Socket connection = service.accept();
      assertThat(connection.getInputStream().read()).isEqualTo('x');
      connection.setSoLinger(true, 0);
      connection.close();
      assertThatThrownBy(() -> other.read(1)).hasMessageContaining("reset");
    }
  }

  @Test
  void visitorsBeyondTheLimitAreNotAccepted() throws Exception {
    run(new Client.Options().visitors(1));
    var control = server.control(0, 4711);
    var first = server.visit(control).write("x");
    assertThat(first.read(1)).isEqualTo("x");
    control.send("{\"Connection\":\"" + ID + "\"}");
    client.awaitLog("data channel not opened", ID, "the limit of visitors is reached");
    assertThat(client.role().counters().get(Counter.OPENS_FAILED)).isOne();
    first.close();
    Eventually.within(RolePair.LIMIT, () -> assertThat(client.role().visitors()).isZero());
    client.awaitLog("relay ended");
    // The slot is free a moment after the log line.
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          control.send("{\"Connection\":\"" + ID + "\"}");
          server.tryAccept().expect("{\"Accept\":\"" + ID + "\"}");
        });
  }

  @Test
  void dataChannelWithoutChallengeTimesOut() throws Exception {
    run(new Client.Options().secret("abc").connectTimeout(Duration.ofMillis(500)));
    var control = server.accept().send("{\"Challenge\":\"" + ID + "\"}").send("{\"Hello\":4711}");
    control.send("{\"Connection\":\"" + ID + "\"}");
    assertThat(server.accept().readAll()).isEmpty();
    client.awaitLog("data channel not opened", ID, "no data channel within 500ms");
  }

  @Test
  void drainReleasesPortAndLetsVisitorFinish() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    var channel = server.visit(control).write("a");
    assertThat(channel.read(1)).isEqualTo("a");
    client.role().drain(RolePair.LIMIT);
    assertThat(control.readAll()).isEmpty();
    channel.write("b");
    assertThat(channel.read(1)).isEqualTo("b");
    channel.socket().shutdownOutput();
    assertThat(channel.readAll()).isEmpty();
    assertThat(client.end()).isEqualTo(OriginProxy.End.CLOSED);
    client.awaitLog("relay ended", "reason=done");
  }

  /** A reset of the control connection would make the server reset the visitors. */
  @Test
  void drainWithUnreadHeartbeatsEndsControlConnectionWithoutReset() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    var channel = server.visit(control).write("a");
    assertThat(channel.read(1)).isEqualTo("a");
    client.role().drain(RolePair.LIMIT);
    assertThat(control.readAll()).isEmpty();
    control.send("\"Heartbeat\"").send("\"Heartbeat\"");
    assertThat(control.readAll()).isEmpty();
    control.close();
    channel.socket().shutdownOutput();
    assertThat(channel.readAll()).isEmpty();
    assertThat(client.end()).isEqualTo(OriginProxy.End.CLOSED);
  }

  @Test
  void closeEndsPendingDataChannels() throws Exception {
    run(new Client.Options().secret("abc"));
    var control = server.accept().send("{\"Challenge\":\"" + ID + "\"}").send("{\"Hello\":4711}");
    control.send("{\"Connection\":\"" + ID + "\"}");
    var channel = server.accept();
    client.role().close();
    assertThat(client.end()).isEqualTo(OriginProxy.End.CLOSED);
    assertThat(channel.readAll()).isEmpty();
  }
}
