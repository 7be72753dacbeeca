package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {

  @ParameterizedTest
  @CsvSource({
    "'', '', 0",
    "'', abc, 3",
    "abc, '', 3",
    "abc, abc, 0",
    "abc, abd, 1",
    "abc, ab, 1",
    "abc, xabc, 1",
    "ab, ba, 2",
    "kitten, sitting, 3",
    "saturday, sunday, 3"
  })
  void editsAreThoseOfLevenshtein(String a, String b, int edits) {
    assertThat(Nearest.edits(a, b)).isEqualTo(edits);
    assertThat(Nearest.edits(b, a)).isEqualTo(edits);
  }

  @Test
  void theNearestComesFirstAndFarOnesNotAtAll() {
    var options = List.of("--log-format", "--log-level", "--control-addr");
    assertThat(Nearest.to("--log-levl", options)).first().isEqualTo("--log-level");
    assertThat(Nearest.to("--log-levl", options)).doesNotContain("--control-addr");
    assertThat(Nearest.to("--something-else", options)).isEmpty();
  }
}
