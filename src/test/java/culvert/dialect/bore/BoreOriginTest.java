package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RefusingPort;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
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
 * The client's side of bore's wire against a server that says exactly what the test tells it to.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreOriginTest {

  private static final String ID = "17d627d5-186a-4a45-8679-d49a45204e2c";

  private TestServer local;
  private ScriptedBore server;
  private Client client;

  @BeforeEach
  void opens() throws Exception {
    local = TestServer.echo();
    server = new ScriptedBore();
  }

  @AfterEach
  void closes() throws Exception {
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
  void aVisitorIsAcceptedByItsIdAndBothDirectionsEndByThemselves() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    assertThat(client.announced()).isEqualTo(new HostPort("127.0.0.1", 4711));
    control.says("\"Heartbeat\"").says("{\"Connection\":\"" + ID + "\"}").says("\"Heartbeat\"");
    var channel = server.accept().hears("{\"Accept\":\"" + ID + "\"}").writes("hello");
    assertThat(channel.reads(5)).isEqualTo("hello");
    channel.writes(" and goodbye").socket().shutdownOutput();
    assertThat(channel.readsAll()).isEqualTo(" and goodbye");
    client.awaitLog("relay ended", ID, "reason=done");
  }

  @Test
  void framesThatComeByteByByteAreTheSame() throws Exception {
    run(new Client.Options().port(4711));
    var control = server.accept().hears("{\"Hello\":4711}");
    control.socket().setTcpNoDelay(true);
    for (char c : ("{\"Hello\":4711}\0{\"Connection\":\"" + ID + "\"}\0").toCharArray()) {
      control.writes("" + c);
    }
    server.accept().hears("{\"Accept\":\"" + ID + "\"}");
  }

  /** The answers are those that the real server took. */
  @Test
  void everyConnectionAnswersAChallengeOfItsOwn() throws Exception {
    run(new Client.Options().secret("secret"));
    var control = server.accept().says("{\"Challenge\":\"01020304-0506-4708-890a-0b0c0d0e0f10\"}");
    control
        .hears(
            "{\"Authenticate\":\""
                + "fe95624c3d5b270fa217839a27eeada6d0978e989bef079e9265d1113aa24e8a\"}")
        .hears("{\"Hello\":0}")
        .says("{\"Hello\":4711}")
        .says("{\"Connection\":\"" + ID + "\"}");
    var channel = server.accept().says("{\"Challenge\":\"f47ac10b-58cc-4372-a567-0e02b2c3d479\"}");
    channel
        .hears(
            "{\"Authenticate\":\""
                + "a82dc179e4d138ca15810d66d643b8f9123e150b6a03187bd9e977752cef61f1\"}")
        .hears("{\"Accept\":\"" + ID + "\"}")
        .writes("x");
    assertThat(channel.reads(1)).isEqualTo("x");
  }

  @Test
  void aServerThatHangsUpIsAskedForTheSamePortAndVisitorsLiveOn() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    var channel = server.visit(control).writes("a");
    assertThat(channel.reads(1)).isEqualTo("a");
    control.closes();
    server.control(4711, 4711);
    assertThat(client.announced()).isEqualTo(client.announced());
    channel.writes("b");
    assertThat(channel.reads(1)).isEqualTo("b");
    client.awaitLog("session lost", "the server closed the connection");
  }

  @Test
  void aPortThatIsStillHeldForTheDeadSessionIsAskedForAgain() throws Exception {
    run(new Client.Options());
    server.control(0, 4711).closes();
    server.accept().hears("{\"Hello\":4711}").says("{\"Error\":\"port already in use\"}").closes();
    client.awaitLog("session not started", "port 4711: server error: port already in use");
    server.control(4711, 4711);
  }

  @Test
  void aSilentServerIsLeftAndAskedAgain() throws Exception {
    run(new Client.Options().silence(Duration.ofMillis(500)));
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
  void aPortThatWasNeverOursIsDeclinedForGood(String error) throws Exception {
    run(new Client.Options().port(80));
    server.accept().hears("{\"Hello\":80}").says("{\"Error\":\"" + error + "\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.DECLINED);
    client.awaitLog("ERROR", "service declined", "port 80: server error: " + error);
  }

  @ParameterizedTest
  @ValueSource(strings = {"failed to find an available port", "something new"})
  void anErrorThatMayPassIsNoEnd(String error) throws Exception {
    run(new Client.Options());
    server.accept().hears("{\"Hello\":0}").says("{\"Error\":\"" + error + "\"}");
    server.control(0, 4711);
    client.awaitLog("WARN", "session not started", "cause=\"server error: " + error);
  }

  @Test
  void aWrongSecretIsTheEnd() throws Exception {
    run(new Client.Options().secret("wrong"));
    server.accept().says("{\"Challenge\":\"" + ID + "\"}").says("{\"Error\":\"invalid secret\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "server error: invalid secret");
    assertThat(client.log()).doesNotContain("wrong");
  }

  @Test
  void aServerThatWantsASecretIsTheEndWhereThereIsNone() throws Exception {
    run(new Client.Options());
    server.accept().says("{\"Challenge\":\"" + ID + "\"}");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "requires a secret, and none is set: give --secret or BORE_SECRET");
  }

  @Test
  void aServerThatAsksForNoSecretIsTheEndWhereThereIsOne() throws Exception {
    run(new Client.Options().secret("abc"));
    server.accept().says("\"Heartbeat\"");
    assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
    client.awaitLog("ERROR", "a secret is set, and the server asks for none");
  }

  /** A forwarder whose server is down accepts and hangs up as well. */
  @Test
  void whoHangsUpAtOnceIsTriedAgainWhereThereIsASecret() throws Exception {
    run(new Client.Options().secret("abc"));
    server.accept().closes();
    server.accept().closes();
    client.awaitLog("WARN", "the server hung up before it asked for the secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"Heartbeat\"", "{\"Hello\":70000}", "{\"Hullo\":1}", "[]", ""})
  void anAnswerThatIsNoneIsNoEnd(String answer) throws Exception {
    run(new Client.Options());
    server.accept().says(answer);
    server.control(0, 4711);
    client.awaitLog("WARN", "session not started");
  }

  @Test
  void aFrameWithoutEndIsCutOffAndHoldsNothing() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    String piece = "*".repeat(100_000);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                control.writes(piece);
              }
            })
        .isInstanceOf(IOException.class);
    client.awaitLog("WARN", "frame error, invalid byte length");
    server.control(4711, 4711);
  }

  @Test
  void whatMakesNoSenseLaterIsToldAndNoEnd() throws Exception {
    run(new Client.Options());
    var control =
        server
            .control(0, 4711)
            .says("{\"Error\":\"forged\\nline\"}")
            .says("{\"Hello\":1}")
            .says("{\"Challenge\":\"" + ID + "\"}");
    var channel = server.visit(control).writes("x");
    assertThat(channel.reads(1)).isEqualTo("x");
    client.awaitLog("server error", "forged\\u000aline");
    client.awaitLog("unexpected message", "hello");
    client.awaitLog("unexpected message", "challenge");
  }

  @Test
  void withOnceACleanEndIsOneAndABrokenConnectionIsNone() throws Exception {
    run(new Client.Options().once());
    server.control(0, 4711).closes();
    assertThat(client.end()).isEqualTo(OriginProxy.End.ENDED);
    client.close();
    run(new Client.Options().once());
    var control = server.control(0, 4711);
    client.announced();
    control.resets();
    assertThat(client.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void withOnceNobodyThereIsTheEnd() throws Exception {
    try (var refusing = new RefusingPort()) {
      client = new Client(refusing.address(), local.address(), new Client.Options().once());
      assertThat(client.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
      client.awaitLog("ERROR", refusing.address().toString());
    }
  }

  /** The Accept must not be overtaken: the visitor would wait until the server loses patience. */
  @Test
  void aLocalPortThatRefusesIsAnEndBehindTheAccept() throws Exception {
    try (var refusing = new RefusingPort()) {
      client = new Client(server.address(), refusing.address(), new Client.Options());
      var control = server.control(0, 4711);
      for (int i = 0; i < 20; i++) {
        var channel = server.visit(control).writes("early");
        assertThat(channel.readsAll()).isEmpty();
        channel.closes();
      }
      client.awaitLog("origin server not reached", "Connection refused");
    }
  }

  @Test
  void aResetGoesThroughInBothDirections() throws Exception {
    var ended = new CompletableFuture<Throwable>();
    local.close();
    try (var service = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      client =
          new Client(
              server.address(),
              new HostPort("127.0.0.1", service.getLocalPort()),
              new Client.Options());
      var control = server.control(0, 4711);
      var channel = server.visit(control).writes("x");
      try (Socket connection = service.accept()) {
        assertThat(connection.getInputStream().read()).isEqualTo('x');
        channel.resets();
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
      var other = server.visit(control).writes("x");
      Socket connection = service.accept();
      assertThat(connection.getInputStream().read()).isEqualTo('x');
      connection.setSoLinger(true, 0);
      connection.close();
      assertThatThrownBy(() -> other.reads(1)).hasMessageContaining("reset");
    }
  }

  @Test
  void visitorsBeyondTheBoundAreLeftToTheServer() throws Exception {
    run(new Client.Options().visitors(1));
    var control = server.control(0, 4711);
    var first = server.visit(control).writes("x");
    assertThat(first.reads(1)).isEqualTo("x");
    control.says("{\"Connection\":\"" + ID + "\"}");
    client.awaitLog("no data channel", ID, "the limit of visitors is reached");
    assertThat(client.role().counters().get(Counter.OPENS_FAILED)).isOne();
    first.closes();
    Eventually.within(RolePair.LIMIT, () -> assertThat(client.role().visitors()).isZero());
    client.awaitLog("relay ended");
    // The place is free a moment after the line.
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          control.says("{\"Connection\":\"" + ID + "\"}");
          server.quickly().hears("{\"Accept\":\"" + ID + "\"}");
        });
  }

  @Test
  void aDataChannelThatGetsNoChallengeIsGivenUp() throws Exception {
    run(new Client.Options().secret("abc").connectTimeout(Duration.ofMillis(500)));
    var control = server.accept().says("{\"Challenge\":\"" + ID + "\"}").says("{\"Hello\":4711}");
    control.says("{\"Connection\":\"" + ID + "\"}");
    assertThat(server.accept().readsAll()).isEmpty();
    client.awaitLog("no data channel", ID, "no data channel within 500ms");
  }

  @Test
  void aStopGivesThePortBackAndLetsAVisitorFinish() throws Exception {
    run(new Client.Options());
    var control = server.control(0, 4711);
    var channel = server.visit(control).writes("a");
    assertThat(channel.reads(1)).isEqualTo("a");
    client.role().drain(RolePair.LIMIT);
    assertThat(control.readsAll()).isEmpty();
    channel.writes("b");
    assertThat(channel.reads(1)).isEqualTo("b");
    channel.socket().shutdownOutput();
    assertThat(channel.readsAll()).isEmpty();
    assertThat(client.end()).isEqualTo(OriginProxy.End.CLOSED);
    client.awaitLog("relay ended", "reason=done");
  }

  @Test
  void anEndLeavesNoChannelThatWaits() throws Exception {
    run(new Client.Options().secret("abc"));
    var control = server.accept().says("{\"Challenge\":\"" + ID + "\"}").says("{\"Hello\":4711}");
    control.says("{\"Connection\":\"" + ID + "\"}");
    var channel = server.accept();
    client.role().close();
    assertThat(client.end()).isEqualTo(OriginProxy.End.CLOSED);
    assertThat(channel.readsAll()).isEmpty();
  }
}
