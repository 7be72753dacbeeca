package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Rules;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which services have which health check. */
class HealthChecksTest {

  private static final HealthProbe TCP = HealthProbe.parse("tcp");
  private static final HealthProbe HTTP = HealthProbe.parse("http:/health");

  private static <T> PerService<T> values(String service, T value) {
    return PerService.of(List.of(new ServiceValue<>(service, value)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "http:/", "http:/health?of=all&b=c", "http:/~a/%20-_.!$'()*+;:@"})
  void probeHasTheTextThatItWasParsedFrom(String text) {
    assertThat(HealthProbe.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "TCP",
        "tcp:80",
        "http",
        "http:",
        "http:health",
        "http:/a b",
        "http:/a,b",
        "http:/\r\nx",
        "http:/\u00e4",
        "https:/",
        "http://host/path\u007f"
      })
  void probeIsInvalid(String text) {
    assertThatThrownBy(() -> HealthProbe.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pathHasAtMost200Characters() {
    assertThat(HealthProbe.parse("http:/" + "a".repeat(199)).path()).isPresent();
    assertThatThrownBy(() -> HealthProbe.parse("http:/" + "a".repeat(200)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void serviceHasItsOwnValuesOrThoseOfAllOrTheDefaults() {
    var checks =
        new HealthChecks(
            PerService.of(List.of(new ServiceValue<>("", TCP), new ServiceValue<>("web", HTTP))),
            values("", Duration.ofSeconds(7)),
            values("web", Duration.ofSeconds(1)),
            PerService.none());
    assertThat(checks.of(ServiceAddress.parse("web=a:1")))
        .contains(
            new HealthCheck(
                HTTP, Duration.ofSeconds(7), Duration.ofSeconds(1), HealthChecks.DEFAULT_FAILURES));
    assertThat(checks.of(ServiceAddress.parse("ssh=a:1")))
        .contains(
            new HealthCheck(
                TCP,
                Duration.ofSeconds(7),
                HealthChecks.DEFAULT_TIMEOUT,
                HealthChecks.DEFAULT_FAILURES));
  }

  @Test
  void checkOfAllServicesIsNotForUdpServices() {
    HealthChecks all = Rules.check("tcp");
    assertThat(all.of(ServiceAddress.parse("dns=udp:a:1"))).isEmpty();
    assertThat(HealthChecks.NONE.of(ServiceAddress.parse("web=a:1"))).isEmpty();
  }
}
