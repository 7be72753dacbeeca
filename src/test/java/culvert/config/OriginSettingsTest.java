package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Validation of an origin proxy's name and timeouts. */
class OriginSettingsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String LONGEST = "n".repeat(64);

  private static OriginSettings settings(String name, Duration connect, Duration retryMax) {
    return new OriginSettings(
        new RemoteAddress.Direct(new HostPort("h", 1)),
        BounceCredentials.DEFAULT,
        List.of(ServiceAddress.parse("h:2")),
        OptionalInt.empty(),
        false,
        name,
        Optional.empty(),
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        connect,
        retryMax,
        false,
        Timeouts.DEFAULT,
        ResourceLimits.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "my-laptop.local_2", "-", "..."})
  void nameConsistsOfLettersDigitsDotsDashesAndUnderscores(String name) {
    assertThat(settings(name, SECOND, SECOND).name()).isEqualTo(name);
  }

  @Test
  void nameHasAtMost64Characters() {
    assertThat(settings(LONGEST, SECOND, SECOND).name()).isEqualTo(LONGEST);
    refusesName(LONGEST + "n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "my laptop", "a/b", "laptop\n", "größe", "a@b"})
  void otherNamesAreRejected(String name) {
    refusesName(name);
  }

  private static void refusesName(String name) {
    assertThatThrownBy(() -> settings(name, SECOND, SECOND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid value '"
                + name.replace('\n', '?')
                + "' for --name: expected 1 to 64 letters, digits, dots, dashes and underscores");
  }

  @Test
  void connectTimeoutAndMaximumPauseAreNotZero() {
    assertThatThrownBy(() -> settings("a", SECOND, Duration.ZERO))
        .hasMessage(
            "invalid value '0s' for --retry-max: expected a duration longer than zero: with zero,"
                + " there would be no pause between attempts");
    assertThatThrownBy(() -> settings("a", Duration.ZERO, SECOND))
        .hasMessage(
            "invalid value '0s' for --connect-timeout: expected a duration longer than zero: with"
                + " zero, no connection could be opened");
    assertThat(settings("a", SECOND, Duration.ofMillis(1)).retryMax()).hasMillis(1);
  }
}
