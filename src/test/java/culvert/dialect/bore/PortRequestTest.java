package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PortRequestTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @Test
  void whoWantsAnyPortAsksForTheOneItHadAgain() {
    var wish = new PortRequest(0);
    assertThat(wish.next()).isZero();
    wish.taken(4711);
    assertThat(wish.next()).isEqualTo(4711);
  }

  @Test
  void aPortThatWasNeverOursIsAnothersForGood() {
    assertThat(new PortRequest(4711).inUse(0)).isFalse();
    assertThat(new PortRequest(80).forbidden()).isFalse();
  }

  @Test
  void aPortThatWasOursIsAskedForForAMinuteAndThenAnyWillDo() {
    var wish = new PortRequest(0);
    wish.taken(4711);
    assertThat(wish.inUse(5)).isTrue();
    assertThat(wish.inUse(4 + MINUTE)).isTrue();
    assertThat(wish.next()).isEqualTo(4711);
    assertThat(wish.inUse(5 + MINUTE)).isTrue();
    assertThat(wish.next()).isZero();
  }

  @Test
  void theMinuteBeginsAnewOnceThePortWasHadAgain() {
    var wish = new PortRequest(0);
    wish.taken(4711);
    assertThat(wish.inUse(0)).isTrue();
    wish.taken(4711);
    assertThat(wish.inUse(2 * MINUTE)).isTrue();
    assertThat(wish.next()).isEqualTo(4711);
  }

  @Test
  void whoWantsOnePortNeverTakesAnother() {
    var wish = new PortRequest(4711);
    wish.taken(4711);
    assertThat(wish.inUse(0)).isTrue();
    assertThat(wish.inUse(2 * MINUTE)).isTrue();
    assertThat(wish.forbidden()).isFalse();
    assertThat(wish.next()).isEqualTo(4711);
  }

  @Test
  void whereTheOldPortIsNotAllowedAnyMoreAnyWillDo() {
    var wish = new PortRequest(0);
    wish.taken(4711);
    assertThat(wish.forbidden()).isTrue();
    assertThat(wish.next()).isZero();
    assertThat(wish.forbidden()).isFalse();
  }
}
