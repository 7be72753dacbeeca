package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Validation of an origin proxy's name and timeouts. */
class OriginSettingsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String LONGEST = "n".repeat(64);

  private static OriginSettings settings(String name, Duration connect, Duration retryMax) {
    return settings(List.of("h:1"), name, connect, retryMax);
  }

  private static OriginSettings settings(List<String> remotes) {
    return settings(remotes, "a", SECOND, SECOND);
  }

  private static OriginSettings settings(
      List<String> remotes, String name, Duration connect, Duration retryMax) {
    return new OriginSettings(
        remotes.stream().map(RemoteAddress::parse).map(RemoteRoute::direct).toList(),
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
        HealthChecks.NONE,
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

  @ParameterizedTest
  @CsvSource({
    "h:1, h:1",
    "h:1, H.:1",
    "h:1, all:h:1",
    "all:h:1, all:h:1",
    "[::1]:9, [0:0::1]:9",
    "bounce://h:1/1, bounce://H:1/01"
  })
  void remoteProxiesHaveDifferentAddresses(String one, String other) {
    assertThatThrownBy(() -> settings(List.of("x:1", one, other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--remote-proxy-addr names the address '"
                + RemoteAddress.parse(other).dialled()
                + "' twice");
  }

  @ParameterizedTest
  @CsvSource({"h:1, h:2", "h:1, g:1", "bounce://h:1/1, bounce://h:1/2", "h:1, bounce://h:1/1"})
  void otherAddressesAreAccepted(String one, String other) {
    assertThat(settings(List.of(one, other)).hasSeveralRemotes()).isTrue();
  }

  @Test
  void numberOfRemoteProxiesIsLimited() {
    List<String> most =
        IntStream.range(0, OriginSettings.MAX_REMOTES).mapToObj(i -> "h" + i + ":1").toList();
    assertThat(settings(most).remotes()).hasSize(64);
    var more = new ArrayList<>(most);
    more.add("h:1");
    assertThatThrownBy(() -> settings(more))
        .hasMessage("--remote-proxy-addr names 65 addresses: at most 64 are allowed");
  }

  @Test
  void oneNameMayBeSeveralRemoteProxies() {
    assertThat(settings(List.of("h:1")).hasSeveralRemotes()).isFalse();
    assertThat(settings(List.of("all:9000")).hasSeveralRemotes()).isFalse();
    assertThat(settings(List.of("all:h:1")).hasSeveralRemotes()).isTrue();
    assertThat(RemoteAddress.parse("all:[::1]:9000")).hasToString("all:[::1]:9000");
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
