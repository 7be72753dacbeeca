package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ProtocolOptionTest {

  private static Cli origin(String... more) {
    String[] all = new String[more.length + 4];
    all[0] = "origin-proxy";
    all[1] = "--remote-proxy-addr=127.0.0.1:1";
    all[2] = "--origin-server-addr=127.0.0.1:1";
    all[3] = "--protocol=trp";
    System.arraycopy(more, 0, all, 4, more.length);
    return Cli.run(all);
  }

  @Test
  void protocolWithoutAuthenticationCausesAWarningAndIsNotTheDefault() {
    assertThat(Cli.remote("--protocol=trp").err()).contains("HAS NO AUTHENTICATION");
    assertThat(Cli.remote().err()).doesNotContain("HAS NO AUTHENTICATION");
    assertThat(origin().err()).contains("HAS NO AUTHENTICATION");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--secret=a",
        "--transport=ws",
        "--outside-addr=b=127.0.0.1:0",
        "--control-via=bounce://127.0.0.1:1/1",
      })
  void unsupportedSettingIsInvalid(String option) {
    var run = Cli.remote("--protocol=trp", option);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).containsPattern("--protocol trp (has no|supports|does not support)");
  }

  /** Data connections arrive in any order: a header could contain another visitor's address. */
  @Test
  void proxyProtocolIsNotSupported() {
    var run = origin("--proxy-protocol=v2");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err())
        .contains("--protocol trp does not support --proxy-protocol")
        .hasLineCount(1);
  }

  @Test
  void udpServiceIsNotSupported() {
    var origin =
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=udp:127.0.0.1:1",
            "--protocol=trp");
    var remote =
        Cli.run(
            "remote-proxy",
            "--control-addr=127.0.0.1:0",
            "--outside-addr=udp:127.0.0.1:0",
            "--protocol=trp");
    for (Cli run : List.of(origin, remote)) {
      assertThat(run.exit()).isEqualTo(78);
      assertThat(run.err())
          .contains("--protocol trp does not support UDP services")
          .hasLineCount(1);
    }
  }

  /** The text format of version 1 names TCP only. */
  @Test
  void proxyProtocolOfVersionOneIsInvalidForUdp() {
    var run =
        Cli.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=udp:127.0.0.1:1",
            "--proxy-protocol=v1");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("--proxy-protocol v1 has no form for the UDP services");
  }

  @Test
  void controlAddressIsRequired() {
    var run =
        Cli.run(
            "remote-proxy",
            "--protocol=trp",
            "--outside-addr=127.0.0.1:0",
            "--bore-addr=127.0.0.1:0",
            "--port-range=127.0.0.1:20000-20999");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("without --control-addr").hasLineCount(1);
  }

  @Test
  void unsupportedSettingOfTheOriginProxyIsInvalid() {
    assertThat(origin("--secret=a").exit()).isEqualTo(78);
    assertThat(origin("--transport=ws").exit()).isEqualTo(78);
    assertThat(origin("--outside-port=0").err()).contains("does not support --outside-port");
    assertThat(origin("--via=http://127.0.0.1:1").exit()).isEqualTo(78);
    assertThat(origin("--origin-server-addr=b=127.0.0.1:1").exit()).isEqualTo(78);
  }
}
