package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Threads;
import culvert.session.Dialect;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row 36: a verified client's connection has a place that others cannot take. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BoreDialectTest {

  private static final int CHALLENGE_BYTES = 53;

  private final AtomicBoolean verified = new AtomicBoolean();

  /** Accepts a client that may answer the challenge and then closes its output. */
  private void accept(List<BoreSecret> secrets, String secret) throws Exception {
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      var dialect = new BoreDialect(secrets, Duration.ofSeconds(5), deadlines);
      var accepting =
          new FutureTask<Dialect.Accepted>(
              () -> dialect.accept(pair.far(), () -> verified.set(true)));
      Threads.start("server", accepting);
      if (!secrets.isEmpty()) {
        answer(pair.near(), secret);
      }
      pair.near().closeOutput();
      assertThatThrownBy(accepting::get).hasCauseInstanceOf(IOException.class);
    }
  }

  private static void answer(Connection server, String secret) throws IOException {
    String text = new String(server.input().readNBytes(CHALLENGE_BYTES), StandardCharsets.US_ASCII);
    UUID challenge = UUID.fromString(text.substring(14, 50));
    String answer = ChallengeResponse.to(challenge, BoreSecret.of(secret));
    server
        .output()
        .write(
            (new ClientMessage.Authenticate(answer).json() + "\0")
                .getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({"secret, true", "another, false"})
  void clientIsVerifiedByItsAnswerToTheChallenge(String secret, boolean isKnown) throws Exception {
    accept(List.of(BoreSecret.of("secret")), secret);
    assertThat(verified.get()).isEqualTo(isKnown);
  }

  @Test
  void noClientIsVerifiedWithoutASecret() throws Exception {
    accept(List.of(), "");
    assertThat(verified.get()).isFalse();
  }
}
