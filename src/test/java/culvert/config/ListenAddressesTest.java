package culvert.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.setting.Setting;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses that two listeners cannot have at the same time. */
class ListenAddressesTest {

  private static void listen(String one, String other) {
    var listeners = new ListenAddresses();
    listeners.add(Setting.CONTROL_ADDR, Optional.of(HostPort.parse(one)));
    listeners.add(Setting.BORE_ADDR, Optional.of(HostPort.parse(other)));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:80, 127.0.0.1:80",
    "0.0.0.0:80, 127.0.0.1:80",
    "127.0.0.1:80, 0.0.0.0:80",
    "[::]:80, 0.0.0.0:80",
    "[::1]:80, [::]:80",
    "Example.com:80, example.com:80"
  })
  void overlapIsRejected(String one, String other) {
    assertThatThrownBy(() -> listen(one, other))
        .hasMessageStartingWith("--control-addr and --bore-addr both listen at port 80 of ");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:80, 127.0.0.1:81",
    "127.0.0.1:80, 127.0.0.2:80",
    "127.0.0.1:0, 127.0.0.1:0",
    "0.0.0.0:80, [::1]:80"
  })
  void otherAddressesAreValid(String one, String other) {
    assertThatCode(() -> listen(one, other)).doesNotThrowAnyException();
  }
}
