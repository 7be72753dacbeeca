package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreSecret;
import culvert.net.Deadlines;
import culvert.session.Dialect;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The silence before the challenge while a visitor waits for a client with the peer's source. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class ChallengeTest {

  private static final BoreSecret SECRET = BoreSecret.of("abc");
  private static final Duration USUAL = Duration.ofSeconds(1);
  private static final Duration OF_CHANNEL = Duration.ofMillis(50);
  private static final int CHALLENGE_BYTES = 53;

  private final Deadlines deadlines = new Deadlines();
  private final BoreDialect server =
      new BoreDialect(List.of(SECRET), Duration.ofSeconds(5), deadlines);
  private Loopback pair;

  @BeforeEach
  void addVisitor() throws Exception {
    pair = Loopback.open();
    var login = new BoreSession.Login(0, Optional.of(SECRET));
    var client =
        new BoreSession(
            pair.far(),
            new JsonFrames(pair.far()),
            login,
            new BoreSessions(true),
            server.pending(),
            deadlines);
    server.pending().add(new PendingVisitor(client, server.pending()));
  }

  @AfterEach
  void close() {
    pair.close();
    deadlines.close();
  }

  private Dialect.Greeting greeting() {
    return server.greeting(pair.far()).orElseThrow();
  }

  private Duration silenceOfNext() {
    try (Dialect.Greeting next = greeting()) {
      return next.silence(0);
    }
  }

  /** It is that of an origin proxy whose first bytes are late, and which tries again. */
  @Test
  void nextConnectionHasTheUsualSilenceAfterAnEarlyChallengeWithoutAnAnswer() throws Exception {
    try (Dialect.Greeting early = greeting()) {
      assertThat(early.silence(0)).isEqualTo(OF_CHANNEL);
      early.send();
    }
    assertThat(silenceOfNext()).isEqualTo(USUAL);
  }

  @Test
  void nextConnectionHasTheUsualSilenceAfterAnEarlyChallengeWithAnotherAnswer() throws Exception {
    try (Dialect.Greeting early = greeting()) {
      early.silence(0);
      early.send();
      send("{\"Hello\":0}");
      assertThatThrownBy(() -> early.accept(pair.far(), () -> {}))
          .hasMessageContaining("no secret was provided");
    }
    assertThat(silenceOfNext()).isEqualTo(USUAL);
  }

  @Test
  void nextConnectionIsExpectedAfterAnAnswer() throws Exception {
    try (Dialect.Greeting early = greeting()) {
      early.silence(0);
      early.send();
      String sent =
          new String(pair.near().input().readNBytes(CHALLENGE_BYTES), StandardCharsets.US_ASCII);
      String answer = ChallengeResponse.to(UUID.fromString(sent.substring(14, 50)), SECRET);
      send(new ClientMessage.Authenticate(answer).json());
      pair.near().closeOutput();
      assertThatThrownBy(() -> early.accept(pair.far(), () -> {})).isInstanceOf(EOFException.class);
    }
    assertThat(silenceOfNext()).isEqualTo(OF_CHANNEL);
  }

  @Test
  void nextConnectionIsExpectedAfterAPeerThatBeganInTime() {
    assertThat(silenceOfNext()).isEqualTo(OF_CHANNEL);
    assertThat(silenceOfNext()).isEqualTo(OF_CHANNEL);
  }

  private void send(String message) throws IOException {
    pair.near().output().write((message + "\0").getBytes(StandardCharsets.UTF_8));
  }
}
