package culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CountersTest {

  private final Counters counters = new Counters();

  @Test
  void countersAreIndependent() {
    counters.count(Counter.VISITORS);
    counters.count(Counter.VISITORS);
    counters.count(Counter.SESSIONS);
    assertThat(counters.get(Counter.VISITORS)).isEqualTo(2);
    assertThat(counters.get(Counter.SESSIONS)).isEqualTo(1);
    assertThat(counters.get(Counter.RELAYS_DONE)).isZero();
  }

  @Test
  void fieldsOmitZeroCounters() {
    assertThat(counters.fields()).isEmpty();
    counters.count(Counter.VISITORS_OVER_LIMIT);
    counters.count(Counter.SESSIONS);
    assertThat(counters.fields())
        .containsExactly(entry("visitors_over_limit", 1L), entry("sessions", 1L));
  }

  @Test
  void concurrentCountsAreNotLost() throws Exception {
    var threads =
        IntStream.range(0, 4)
            .mapToObj(i ->
                Thread.ofVirtual()
                    .start(() -> {
                      for (int n = 0; n < 10_000; n++) {
                        counters.count(Counter.VISITORS);
                      }
                    }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(counters.get(Counter.VISITORS)).isEqualTo(40_000);
  }
}
