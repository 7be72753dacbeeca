package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.TransportKind;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.LeakCheck;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A group listener at a bounce server that treats each connection as the test prescribes. */
@ExtendWith(LeakCheck.class)
@Timeout(10)
class GroupListenerTest {

  private static final TestServer.Service CLOSES = connection -> {};
  private static final TestServer.Service REFUSES =
      connection -> greet(connection, "Authentication failure");

  /** The clock advances by more than half the maximum of a short outage at each reading. */
  private static final Duration CLOCK_STEP = Duration.ofSeconds(40);

  private final Deadlines deadlines = new Deadlines();

  /** Runs after each visitor. */
  private Consumer<GroupListener> onVisitor = listener -> {};

  @AfterEach
  void close() {
    deadlines.close();
  }

  private static final TestServer.Service REFUSES_TEXT = answeringAsText("Authentication failure");

  /** Sends this answer with the greeting {@link BounceGreeting#AS_DOCUMENTED}. */
  private static TestServer.Service answeringAsText(String answer) {
    return connection -> {
      send(connection, "1-BounceServer_1.0");
      connection.getInputStream().read();
      send(connection, answer);
    };
  }

  private static void greet(Socket connection, String answer) throws IOException {
    send(connection, "1-BounceServer_1.0\n");
    connection.getInputStream().read();
    send(connection, answer);
  }

  private static void send(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Accepts the member and sends this to it before the connection ends. */
  private static TestServer.Service sending(String text) {
    return connection -> {
      greet(connection, "READY");
      send(connection, text);
      connection.shutdownOutput();
      connection.getInputStream().readAllBytes();
    };
  }

  /** Records the events of a listener and stops it at the first refusal. */
  private final class EventRecorder implements GroupListener.Handler {
    private final List<String> events = new ArrayList<>();
    private final GroupListener listener;
    private long now = Long.MAX_VALUE - 1;
    private Duration pause;

    EventRecorder(HostPort server, BounceGreeting greeting) {
      var pool = new BufferPool();
      var group = new GroupAddress(TransportKind.PLAIN, server, new GroupNumber(1));
      var join =
          new GroupConnector(
              group,
              BounceCredentials.DEFAULT,
              greeting,
              PeerNames.BOUNCE_SERVER,
              pool,
              line -> {});
      listener =
          new GroupListener(
              Route.into(
                  join, Optional.empty(), Duration.ofSeconds(5), new Dialer(pool), deadlines),
              this,
              () -> now += CLOCK_STEP.toNanos());
    }

    @Override
    public void joined() {
      events.add("joined");
    }

    @Override
    public boolean handleVisitor(Connection connection) {
      try {
        events.add(new String(connection.input().readAllBytes(), StandardCharsets.US_ASCII));
      } catch (IOException e) {
        events.add("broken");
      }
      onVisitor.accept(listener);
      return true;
    }

    @Override
    public void joinFailed(IOException cause, Duration pause) {
      boolean refused = cause instanceof PeerRefusedException;
      if (!refused) {
        this.pause = pause;
      }
      events.add(refused ? "refused" : "outage");
      if (refused) {
        listener.end();
      }
    }
  }

  /** Serves each connection by the next entry of the script; a refusal ends the pause after it. */
  private List<String> run(TestServer.Service... script) throws Exception {
    return play(BounceGreeting.AS_IMPLEMENTED, script).events;
  }

  private EventRecorder play(BounceGreeting greeting, TestServer.Service... script)
      throws Exception {
    Queue<TestServer.Service> left = new ArrayDeque<>(List.of(script));
    try (var server = new TestServer(connection -> left.remove().serve(connection))) {
      var recorder = new EventRecorder(server.address(), greeting);
      recorder.listener.run();
      assertThat(left).isEmpty();
      return recorder;
    }
  }

  @Test
  void successiveVisitorsKeepTheirFirstByte() throws Exception {
    assertThat(run(sending("one"), sending("two"), CLOSES, REFUSES))
        .containsExactly("joined", "one", "joined", "two", "refused");
  }

  @Test
  void memberThatLeavesWithoutSendingIsNoVisitor() throws Exception {
    assertThat(run(sending(""), sending("one"), CLOSES, REFUSES))
        .containsExactly("joined", "joined", "one", "refused");
  }

  /** The bounce server may not have freed the place of the previous membership yet. */
  @Test
  void firstFailureAfterMembershipIsNotReported() throws Exception {
    assertThat(run(CLOSES, sending("one"), CLOSES, CLOSES, REFUSES))
        .containsExactly("outage", "joined", "one", "outage", "refused");
  }

  /** A place that is not free yet after each of many visitors is not one long outage. */
  @Test
  void singleFailuresAfterVisitorsDoNotAccumulateToALongPause() throws Exception {
    var visit = sending("x");
    var recorder =
        play(
            BounceGreeting.AS_IMPLEMENTED,
            visit,
            CLOSES,
            visit,
            CLOSES,
            visit,
            CLOSES,
            visit,
            CLOSES,
            visit,
            CLOSES,
            CLOSES,
            REFUSES);
    assertThat(recorder.pause).isLessThanOrEqualTo(Duration.ofSeconds(1));
  }

  /** A refusal taken for a visitor would be followed by the next attempt without a pause. */
  @Test
  void refusalWithTextGreetingIsNoVisitor() throws Exception {
    assertThat(
            play(
                    BounceGreeting.AS_DOCUMENTED,
                    answeringAsText("Connection Group Full"),
                    REFUSES_TEXT)
                .events)
        .containsExactly("joined", "outage", "joined", "refused");
  }

  /** A group that a reload removes and adds again. */
  @Test
  void listenerThatResumesWhileItServesAVisitorJoinsAgain() throws Exception {
    onVisitor =
        listener -> {
          listener.end();
          assertThat(listener.resume()).isTrue();
        };
    assertThat(run(sending("one"), sending("two"), CLOSES, REFUSES))
        .containsExactly("joined", "one", "joined", "two", "refused");
  }

  @Test
  void listenerDoesNotResumeAfterItsEnd() throws Exception {
    onVisitor = GroupListener::end;
    var recorder = play(BounceGreeting.AS_IMPLEMENTED, sending("one"));
    assertThat(recorder.events).containsExactly("joined", "one");
    assertThat(recorder.listener.resume()).isFalse();
  }
}
