package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteCountTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "4096, 4096",
    "64K, 65536",
    "16M, 16777216",
    "1G, 1073741824",
    "007, 7",
    "999999999G, 1073741822926258176"
  })
  void parsesNumberInItsUnit(String text, long bytes) {
    assertThat(ByteCount.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1023, 1023",
    "1024, 1K",
    "1025, 1025",
    "1536, 1536",
    "1048576, 1M",
    "1049600, 1025K",
    "1073741824, 1G",
    "1099511627776, 1024G"
  })
  void toStringUsesLargestExactUnit(long bytes, String text) {
    assertThat(new ByteCount(bytes)).hasToString(text);
    assertThat(ByteCount.parse(text)).isEqualTo(new ByteCount(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "K",
        "-1",
        "+1",
        "1.5M",
        "1k",
        "1KB",
        "1T",
        "1 K",
        " 1",
        "1\n",
        "0x10",
        "1234567890",
        "٣"
      })
  void otherTextIsRejectedWithTheValidForms(String text) {
    assertThatThrownBy(() -> ByteCount.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("invalid size '" + text + "': expected a form such as 4096, 64K, 16M or 1G");
  }

  @Test
  void shareOfHeapIsAThirdOfTheHeapAndAtMost256M() {
    long share = ResourceLimits.shareOfHeap().bytes();
    assertThat(share).isPositive().isLessThanOrEqualTo(256L << 20);
    assertThat(share).isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 3);
  }
}
