package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranges of ports as a person writes them. */
class PortRangeTest {

  @ParameterizedTest
  @CsvSource({
    "20000-20999, 0.0.0.0, 20000, 20999, 0.0.0.0:20000-20999",
    "7-7, 0.0.0.0, 7, 7, 0.0.0.0:7-7",
    "127.0.0.1:1-65535, 127.0.0.1, 1, 65535, 127.0.0.1:1-65535",
    "[::]:20000-20999, ::, 20000, 20999, [::]:20000-20999",
    "[::1]:5-6, ::1, 5, 6, [::1]:5-6"
  })
  void bothFormsAreRead(String text, String host, int least, int most, String written) {
    PortRange range = PortRange.parse(text);
    assertThat(range).isEqualTo(new PortRange(host, least, most)).hasToString(written);
    assertThat(PortRange.parse(written)).isEqualTo(range);
  }

  @Test
  void bothEndsBelongToIt() {
    var range = new PortRange("0.0.0.0", 10, 20);
    assertThat(range.contains(9)).isFalse();
    assertThat(range.contains(10)).isTrue();
    assertThat(range.contains(20)).isTrue();
    assertThat(range.contains(21)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "20000, write A-B",
    "'', write A-B",
    "3-2, port range is empty",
    "0-9, begins at 1",
    "5-70000, 'out of range: expected 0 to 65535'",
    "-5, is not a port number",
    "a-b, is not a port number",
    "example.com:1-2, is no IP address"
  })
  void whatIsWrongIsSaid(String text, String why) {
    assertThatThrownBy(() -> PortRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
