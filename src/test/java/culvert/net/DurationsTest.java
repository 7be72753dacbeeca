package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({
    "0s, PT0S",
    "1ms, PT0.001S",
    "1500ms, PT1.5S",
    "10s, PT10S",
    "90s, PT1M30S",
    "2m, PT2M",
    "120m, PT2H"
  })
  void readsWhatItWrites(String text, Duration duration) {
    assertThat(Durations.of(duration)).isEqualTo(text);
    assertThat(Durations.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @CsvSource({"9999ms, PT9.9999S", "10s, PT10.9S", "1m, PT60.001S", "500ms, PT0.5S"})
  void writesALongPauseInSeconds(String text, Duration pause) {
    assertThat(Durations.ofPause(pause)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"60s, PT1M", "0ms, PT0S", "3h, PT3H", "007s, PT7S", "60000ms, PT1M"})
  void readsOtherFormsToo(String text, Duration duration) {
    assertThat(Durations.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "s", "10", "10 s", "-1s", "+1s", "1.5s", "10S", "10sec", "1d", "1234567890ms"})
  void whatIsNoDurationIsToldHowToWriteOne(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'" + text + "' is not a duration: expected a number and a unit, as 500ms, 10s or 2m");
  }

  /** Longer durations overflow and are always a mistake. */
  @ParameterizedTest
  @ValueSource(strings = {"25h", "1300h", "999999999h"})
  void longerThanADayIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + text + "' is longer than a day");
  }
}
