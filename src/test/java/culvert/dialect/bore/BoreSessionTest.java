package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Deadlines;
import culvert.protocol.ByeReason;
import culvert.session.Offer;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A control connection between its Hello and its end, without a role around it. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class BoreSessionTest {

  private static final int BUFFER_BYTES = 4096;
  private static final int MANY_VISITORS = 100_000;

  /** Grants every session the port it requests. */
  private record GrantingRegistry(CountDownLatch asked) implements ServiceRegistry {
    @Override
    public void register(
        Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer) {
      Offer offer = offers.getFirst();
      String address = "127.0.0.1:" + offer.port().orElseThrow();
      answer.accept(new Answer.Served(Map.of(offer, List.of(address))));
      asked.countDown();
    }

    @Override
    public void withdraw(Session session, String service) {}

    @Override
    public void draining(Session session, boolean busy) {}
  }

  private final GrantingRegistry services = new GrantingRegistry(new CountDownLatch(1));

  private static BoreSession session(Loopback pair, Deadlines deadlines) {
    return session(pair, new BoreSessions(false), deadlines);
  }

  private static BoreSession session(Loopback pair, BoreSessions sessions, Deadlines deadlines) {
    var frames = new JsonFrames(pair.far());
    var login = new BoreSession.Login(4711, Optional.empty());
    return new BoreSession(pair.far(), frames, login, sessions, new PendingVisitors(), deadlines);
  }

  private static String receivedText(Loopback pair) throws IOException {
    pair.near().closeOutput();
    return new String(pair.near().input().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void clientDrainedBeforeItIsServedReceivesTheReason() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      BoreSession session = session(pair, deadlines);
      session.drain();
      Thread serving = Thread.ofVirtual().start(() -> assertServed(session));
      assertThat(receivedText(pair)).isEqualTo("{\"Error\":\"the server is stopping\"}\0");
      serving.join();
    }
  }

  /** Its data channels would begin in another way than the server expects. */
  @Test
  void clientThatLogsInWhileASecretBecomesRequiredReceivesTheReason() throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      var sessions = new BoreSessions(false);
      BoreSession session = session(pair, sessions, deadlines);
      sessions.open(true, Duration.ZERO);
      Thread serving = Thread.ofVirtual().start(() -> assertServed(session));
      assertThat(receivedText(pair))
          .isEqualTo("{\"Error\":\"the server requires a secret now\"}\0");
      serving.join();
    }
  }

  private void assertServed(BoreSession session) {
    try {
      session.serve(services);
    } catch (IOException e) {
      // Ended by its client or by this side.
    }
  }

  /** Its visitors have left long ago; only their announcements remain. */
  @Test
  void queueForClientThatReadsNothingIsLimited() throws Exception {
    try (var pair = Loopback.open(BUFFER_BYTES);
        var deadlines = new Deadlines()) {
      BoreSession session = session(pair, deadlines);
      Thread serving = Thread.ofVirtual().start(() -> assertServed(session));
      services.asked().await();
      var visitor = new Visitor("bore", new InetSocketAddress("127.0.0.1", 1), pair.near().local());
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < MANY_VISITORS; i++) {
                  session.open(visitor).await(Duration.ZERO);
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("too many messages to the client are queued");
      session.close(ByeReason.STOPPING, "");
      serving.join();
    }
  }
}
