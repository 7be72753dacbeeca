package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranges of ports in the form that users write. */
class PortRangeTest {

  @ParameterizedTest
  @CsvSource({
    "20000-20999, 0.0.0.0, 20000, 20999, 0.0.0.0:20000-20999",
    "7-7, 0.0.0.0, 7, 7, 0.0.0.0:7-7",
    "127.0.0.1:1-65535, 127.0.0.1, 1, 65535, 127.0.0.1:1-65535",
    "[::]:20000-20999, ::, 20000, 20999, [::]:20000-20999",
    "[::1]:5-6, ::1, 5, 6, [::1]:5-6"
  })
  void parsesAndFormatsBothForms(String text, String host, int min, int max, String formatted) {
    PortRange range = PortRange.parse(text);
    assertThat(range).isEqualTo(new PortRange(host, min, max)).hasToString(formatted);
    assertThat(PortRange.parse(formatted)).isEqualTo(range);
  }

  @Test
  void rangeContainsBothEnds() {
    var range = new PortRange("0.0.0.0", 10, 20);
    assertThat(range.contains(9)).isFalse();
    assertThat(range.contains(10)).isTrue();
    assertThat(range.contains(20)).isTrue();
    assertThat(range.contains(21)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "20000, expected A-B or IP:A-B",
    "'', expected A-B or IP:A-B",
    "3-2, port range is empty",
    "0-9, expected ports from 1 to 65535",
    "5-70000, 'out of range: expected 0 to 65535'",
    "-5, is not a port number",
    "a-b, is not a port number",
    "example.com:1-2, is not an IP address"
  })
  void invalidRangeIsRejectedWithReason(String text, String message) {
    assertThatThrownBy(() -> PortRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
