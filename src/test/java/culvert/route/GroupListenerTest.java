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
import culvert.protocol.RefusedException;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who stays in a group, at a bounce server that does with each connection as a test says. */
@ExtendWith(LeakCheck.class)
@Timeout(10)
class GroupListenerTest {

  private static final TestServer.Service HANGS_UP = connection -> {};
  private static final TestServer.Service REFUSES =
      connection -> greet(connection, "Authentication failure");

  /** More than half of what a short outage may last passes between two looks at the clock. */
  private static final Duration EACH_LOOK = Duration.ofSeconds(40);

  private final Deadlines deadlines = new Deadlines();

  @AfterEach
  void close() {
    deadlines.close();
  }

  private static final TestServer.Service REFUSES_TEXT = answersText("Authentication failure");

  /** The same over the text's wire. */
  private static TestServer.Service answersText(String answer) {
    return connection -> {
      say(connection, "1-BounceServer_1.0");
      connection.getInputStream().read();
      say(connection, answer);
    };
  }

  private static void greet(Socket connection, String answer) throws IOException {
    say(connection, "1-BounceServer_1.0\n");
    connection.getInputStream().read();
    say(connection, answer);
  }

  private static void say(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Lets it in, and says this to it before it ends. */
  private static TestServer.Service says(String text) {
    return connection -> {
      greet(connection, "READY");
      say(connection, text);
      connection.shutdownOutput();
      connection.getInputStream().readAllBytes();
    };
  }

  /** What a host was told, until the outage that ends it. */
  private final class Told implements GroupListener.Handler {
    private final List<String> events = new ArrayList<>();
    private final GroupListener stay;
    private long now = Long.MAX_VALUE - 1;
    private Duration again;

    Told(HostPort server, BounceGreeting wire) {
      var pool = new BufferPool();
      var group = new GroupAddress(TransportKind.PLAIN, server, new GroupNumber(1));
      var join =
          new GroupConnector(
              group, BounceCredentials.DEFAULT, wire, PeerNames.BOUNCE_SERVER, pool, line -> {});
      stay =
          new GroupListener(
              Route.into(
                  join, Optional.empty(), Duration.ofSeconds(5), new Dialer(pool), deadlines),
              this,
              () -> now += EACH_LOOK.toNanos());
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
      return true;
    }

    @Override
    public void joinFailed(IOException cause, Duration again) {
      boolean refused = cause instanceof RefusedException;
      if (!refused) {
        this.again = again;
      }
      events.add(refused ? "refused" : "outage");
      if (refused) {
        stay.end();
      }
    }
  }

  /** Each connection has its turn in the script; a refusal ends it, in the middle of its pause. */
  private List<String> run(TestServer.Service... script) throws Exception {
    return told(BounceGreeting.PROGRAM, script).events;
  }

  private Told told(BounceGreeting wire, TestServer.Service... script) throws Exception {
    Queue<TestServer.Service> left = new ArrayDeque<>(List.of(script));
    try (var server = new TestServer(connection -> left.remove().serve(connection))) {
      var told = new Told(server.address(), wire);
      told.stay.run();
      assertThat(left).isEmpty();
      return told;
    }
  }

  @Test
  void oneVisitAfterTheOtherHasItsFirstByte() throws Exception {
    assertThat(run(says("one"), says("two"), HANGS_UP, REFUSES))
        .containsExactly("joined", "one", "joined", "two", "refused");
  }

  @Test
  void whoLeavesWithoutAByteWasNoVisit() throws Exception {
    assertThat(run(says(""), says("one"), HANGS_UP, REFUSES))
        .containsExactly("joined", "joined", "one", "refused");
  }

  /** Its place may not be free yet. */
  @Test
  void aFailureRightBehindAStayIsNotTold() throws Exception {
    assertThat(run(HANGS_UP, says("one"), HANGS_UP, HANGS_UP, REFUSES))
        .containsExactly("outage", "joined", "one", "outage", "refused");
  }

  /** One place that is not free yet after each of many visits is not one long outage. */
  @Test
  void failuresRightBehindVisitsDoNotAddUpToALongPause() throws Exception {
    var visit = says("x");
    var told =
        told(
            BounceGreeting.PROGRAM,
            visit,
            HANGS_UP,
            visit,
            HANGS_UP,
            visit,
            HANGS_UP,
            visit,
            HANGS_UP,
            visit,
            HANGS_UP,
            HANGS_UP,
            REFUSES);
    assertThat(told.again).isLessThanOrEqualTo(Duration.ofSeconds(1));
  }

  /** Else it would be a visit, and the next one at once. */
  @Test
  void aRefusalOverTheTextsWireIsNoVisit() throws Exception {
    assertThat(told(BounceGreeting.TEXT, answersText("Connection Group Full"), REFUSES_TEXT).events)
        .containsExactly("joined", "outage", "joined", "refused");
  }
}
