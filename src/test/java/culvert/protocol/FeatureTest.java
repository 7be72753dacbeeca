package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** The field of HELLO and CHALLENGE. */
class FeatureTest {

  @Test
  void eachFeatureHasItsDocumentedBit() {
    assertThat(Feature.field(Set.of())).isZero();
    assertThat(Feature.field(Set.of(Feature.UDP))).isEqualTo(1);
    assertThat(Feature.field(Set.of(Feature.SHARING))).isEqualTo(2);
    assertThat(Feature.field(Set.of(Feature.HEALTH))).isEqualTo(4);
    assertThat(Feature.field(Feature.all())).isEqualTo(7);
  }

  @Test
  void unknownBitsAreIgnored() {
    assertThat(Feature.of(0)).isEmpty();
    assertThat(Feature.of(0xffff_fffa)).containsExactly(Feature.SHARING);
    assertThat(Feature.of(-1)).isEqualTo(Feature.all());
  }
}
