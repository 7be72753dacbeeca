package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.net.UnixPath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceAddressTest {

  @Test
  void nameIsBeforeTheEqualsSign() {
    var parsed = ServiceAddress.parse("web-1.a_B=[::1]:80");
    assertThat(parsed)
        .isEqualTo(new ServiceAddress("web-1.a_B", new HostPort("::1", 80)))
        .hasToString("web-1.a_B=[::1]:80");
  }

  @Test
  void serviceWithoutNameIsTheDefault() {
    assertThat(ServiceAddress.parse("127.0.0.1:80")).hasToString("default=127.0.0.1:80");
  }

  @Test
  void nameHasAtMost64Characters() {
    String longest = "n".repeat(64);
    assertThat(ServiceAddress.parse(longest + "=h:1").service()).isEqualTo(longest);
    assertThatThrownBy(() -> ServiceAddress.parse(longest + "n=h:1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("invalid service name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"=h:1", "a b=h:1", "a/b=h:1", "ä=h:1", "a\n=h:1", "a,b=h:1"})
  void nameWithOtherCharactersIsRejected(String text) {
    assertThatThrownBy(() -> ServiceAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("': expected 1 to 64 letters, digits");
  }

  @Test
  void pathOfAUnixSocketMayHaveAnEqualsSign() {
    assertThat(ServiceAddress.parse("unix:/run/a=b.sock"))
        .isEqualTo(new ServiceAddress("default", ServiceType.TCP, new UnixPath("/run/a=b.sock")));
    ServiceAddress named = ServiceAddress.parse("web=unix:/run/a=b.sock");
    assertThat(named).hasToString("web=unix:/run/a=b.sock");
    assertThatThrownBy(named::hostPort).hasMessage("unix:/run/a=b.sock has no port");
  }

  @Test
  void invalidAddressIsReported() {
    assertThatThrownBy(() -> ServiceAddress.parse("web=80"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'80' has no port: expected HOST:PORT");
  }
}
