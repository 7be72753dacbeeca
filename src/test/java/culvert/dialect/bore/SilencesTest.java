package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SilencesTest {

  @ParameterizedTest
  @CsvSource({
    "5000, 0, 1000",
    "5000, 0.5, 1000",
    "5000, 0.6, 200",
    "5000, 0.75, 200",
    "5000, 0.8, 50",
    "5000, 1, 50",
    "900, 0, 300",
    "900, 0.6, 200",
    "90, 0, 30",
    "90, 0.6, 30",
    "90, 1, 30"
  })
  void silenceIsShorterUnderLoadAndWithAShortHandshakeTimeout(
      long handshake, double load, long silence) {
    assertThat(Silences.within(Duration.ofMillis(handshake)).at(load)).hasMillis(silence);
  }

  @ParameterizedTest
  @CsvSource({"5000, 50", "90, 30"})
  void dataChannelHasTheShortestSilence(long handshake, long silence) {
    assertThat(Silences.within(Duration.ofMillis(handshake)).ofChannel()).hasMillis(silence);
  }
}
