package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How many places a holder gets. */
class FairShareTest {

  /** Returns how many places a holder without any gets that takes all it can. */
  private static int take(int total, int used) {
    int held = 0;
    while (FairShare.isAvailable(total, used + held, held)) {
      held++;
    }
    return held;
  }

  @Test
  void greedyHolderLeavesMoreThanHalf() {
    assertThat(take(512, 0)).isEqualTo(225);
  }

  @Test
  void sixtyGreedyHoldersLeaveOneForAnother() {
    int used = 0;
    for (int i = 0; i < 60; i++) {
      used += take(512, used);
    }
    assertThat(take(512, used)).isPositive();
  }

  @Test
  void singlePlaceIsUsable() {
    assertThat(take(1, 0)).isEqualTo(1);
    assertThat(take(1, 1)).isZero();
  }

  @Test
  void placesInUseAreNeverExceeded() {
    for (int total = 1; total < 40; total++) {
      int used = 0;
      for (int i = 0; i < total; i++) {
        used += take(total, used);
      }
      assertThat(used).isEqualTo(total);
    }
  }
}
