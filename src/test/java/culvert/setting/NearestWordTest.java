package culvert.setting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestWordTest {

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
  void editsAreTheLevenshteinDistance(String a, String b, int edits) {
    assertThat(NearestWord.edits(a, b)).isEqualTo(edits);
    assertThat(NearestWord.edits(b, a)).isEqualTo(edits);
  }

  @Test
  void nearestNameIsFirstAndDistantNamesAreLeftOut() {
    var options = List.of("--log-format", "--log-level", "--control-addr");
    assertThat(NearestWord.to("--log-levl", options)).first().isEqualTo("--log-level");
    assertThat(NearestWord.to("--log-levl", options)).doesNotContain("--control-addr");
    assertThat(NearestWord.to("--something-else", options)).isEmpty();
    assertThat(NearestWord.to("xyz", List.of("bore", "demo"))).isEmpty();
  }

  @Test
  void beginningOfAWordIsNear() {
    assertThat(NearestWord.to("remote", List.of("demo", "remote-proxy")))
        .first()
        .isEqualTo("remote-proxy");
    assertThat(NearestWord.to("", List.of("demo"))).isEmpty();
  }
}
