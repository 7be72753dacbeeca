package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How the opens that a peer grants are divided among services. */
class OpenCreditsTest {

  private static int acquireAll(OpenCredits<String> credits, String service) {
    int n = 0;
    while (credits.acquire(service, service + n)) {
      n++;
    }
    return n;
  }

  @Test
  void oneServiceTakesLessThanHalf() {
    assertThat(acquireAll(new OpenCredits<>(512), "a")).isEqualTo(225);
  }

  @Test
  void everyCreditCanBeUsed() {
    var credits = new OpenCredits<String>(3);
    assertThat(credits.acquire("a", "a")).isTrue();
    assertThat(credits.acquire("b", "b")).isTrue();
    assertThat(credits.acquire("c", "c")).isTrue();
    assertThat(credits.acquire("d", "d")).isFalse();
  }

  /** Services whose origin servers never answer, of which each takes all that it gets. */
  @Test
  void fiftyDeadServicesLeaveCreditsForAnother() {
    var credits = new OpenCredits<String>(512);
    for (int i = 0; i < 50; i++) {
      assertThat(acquireAll(credits, "dead" + i)).isPositive();
    }
    assertThat(credits.acquire("alive", "stream")).isTrue();
  }

  @Test
  void waitingServicesTakeTurns() {
    var credits = new OpenCredits<String>(1);
    assertThat(credits.acquire("a", "a0")).isTrue();
    credits.acquire("a", "a1");
    credits.acquire("a", "a2");
    credits.acquire("b", "b0");
    credits.acquire("b", "b1");
    assertThat(credits.release("a")).isEqualTo(List.of("a1"));
    assertThat(credits.release("a")).isEqualTo(List.of("b0"));
    assertThat(credits.release("b")).isEqualTo(List.of("a2"));
    assertThat(credits.release("a")).isEqualTo(List.of("b1"));
    assertThat(credits.release("b")).isEmpty();
  }

  @Test
  void streamThatLeftGetsNoCredit() {
    var credits = new OpenCredits<String>(1);
    assertThat(credits.acquire("a", "a0")).isTrue();
    credits.acquire("a", "a1");
    credits.acquire("a", "a2");
    credits.leave("a", "a1");
    assertThat(credits.release("a")).isEqualTo(List.of("a2"));
  }
}
