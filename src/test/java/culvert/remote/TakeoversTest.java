package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How often a name may pass from one process to another. */
class TakeoversTest {

  private static final long QUIET = Takeovers.QUIET.toNanos();

  /** A clock may have any value, also one that overflows. */
  private static final long START = Long.MAX_VALUE - QUIET;

  private final Takeovers takeovers = new Takeovers();

  private void exhaust(String name, long now) {
    for (int i = 0; i < Takeovers.MAX_TAKEOVERS; i++) {
      assertThat(takeovers.isExhausted(name, now)).as("after %d takeovers", i).isFalse();
      takeovers.recordTakeover(name, now);
    }
  }

  @Test
  void nameStaysAfterItsLastTakeover() {
    exhaust("laptop", START);
    assertThat(takeovers.isExhausted("laptop", START)).isTrue();
    assertThat(takeovers.isExhausted("desktop", START)).as("another name").isFalse();
  }

  @Test
  void quietTimeAllowsTakeoversAgain() {
    exhaust("laptop", START);
    assertThat(takeovers.isExhausted("laptop", START + QUIET - 1)).isTrue();
    exhaust("laptop", START + QUIET);
  }

  @Test
  void attemptProlongsTheTimeInWhichANameStays() {
    exhaust("laptop", START);
    long now = START;
    for (int i = 0; i < 100; i++) {
      now += QUIET - 1;
      assertThat(takeovers.isExhausted("laptop", now)).isTrue();
      takeovers.recordAttempt("laptop", now);
    }
    assertThat(takeovers.isExhausted("laptop", now + QUIET)).isFalse();
  }

  @Test
  void numberOfRememberedNamesIsLimited() {
    for (int i = 0; i < 5000; i++) {
      takeovers.recordTakeover("name " + i, START);
    }
    assertThat(takeovers.size()).isEqualTo(4096);
  }
}
