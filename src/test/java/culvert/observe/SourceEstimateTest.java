package culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceEstimateTest {

  private final SourceEstimate sources = new SourceEstimate();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5, 10})
  void fewSourcesAreCountedExactly(int number) {
    for (int i = 0; i < 1000 * number; i++) {
      sources.add(i % number);
    }
    assertThat(sources.count()).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 5000, 100_000})
  void manySourcesAreEstimated(int number) {
    for (int i = 0; i < number; i++) {
      sources.add(i);
    }
    assertThat((double) sources.count()).isCloseTo(number, within(number * 0.05));
  }

  @Test
  void clearForgetsEverySource() {
    sources.add("a");
    sources.clear();
    assertThat(sources.count()).isZero();
  }
}
