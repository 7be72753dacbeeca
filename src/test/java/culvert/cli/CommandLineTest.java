package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person reads who mistyped something, and what a script gets. */
@ExtendWith(LeakCheck.class)
class CommandLineTest {

  @Test
  void noCommandPrintsTheUsageAndIsWrong() {
    var run = Cli.run();
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("remote-proxy").contains("origin-proxy").contains("Exit codes");
    assertThat(run.err()).doesNotContain("train");
  }

  @ParameterizedTest
  @CsvSource({
    "--outside-adr, --outside-addr",
    "--controladdr=1, --control-addr",
    "--log-levle, --log-level",
    "--max-visitor, --max-visitors",
    "--secret-fil, --secret-file"
  })
  void anUnknownOptionNamesTheNearest(String typed, String meant) {
    var run = Cli.remote(typed);
    misused(run, "unknown option " + typed.split("=")[0] + "; did you mean " + meant + "?");
  }

  @Test
  void anUnknownOptionLikeNoOtherIsJustNamed() {
    misused(Cli.remote("--frobnicate-everything"), "unknown option --frobnicate-everything; see");
  }

  /** It may be a secret that lost its option. */
  @Test
  void aStrayValueIsNotRepeated() {
    for (Cli run :
        new Cli[] {
          Cli.remote("hunter2"),
          Cli.run("hunter2"),
          Cli.remote("--secrt=hunter2"),
          Cli.remote("--secrt", "hunter2"),
          Cli.remote("--secret", "a", "hunter2"),
          Cli.remote("--secret=a", "--secret=hunter2"),
          Cli.remote("--secret-file=a", "--fail-fast=hunter2"),
          Cli.run("remote-proxy", "--secret=hunter2")
        }) {
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).doesNotContain("hunter2").isNotBlank().hasLineCount(1);
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void aMistypedCommandNamesTheNearest() {
    var run = Cli.run("remote-prxy");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("did you mean").contains("remote-proxy");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--control-addr=9000 | '9000' has no port: expected HOST:PORT",
        "--control-addr=::1:9000 | an IPv6 address is written in brackets, as [::1]:9000",
        "--outside-addr=web=h:http | 'http' in 'h:http' is not a port number",
        "--outside-addr=we b=h:1 | 'we b' is no service name",
        "--open-timeout=10 | '10' is not a duration: expected a number and a unit",
        "--log-level=loud | 'loud' is none of error, warn, info, debug",
        "--log-level=INFO | 'INFO' is none of error, warn, info, debug",
        "--log-format=xml | 'xml' is none of text, json",
        "--accept-proxy-protocol=10/8 | '10/8' is not a network: expected ADDRESS or ADDRESS/BITS,"
            + " as 10.0.0.0/8",
        "--max-visitors=many | 'many' is no whole number"
      })
  void aMalformedValueIsToldWithItsOption(String argument, String complaint) {
    String option = argument.split("=")[0];
    var run =
        option.equals("--control-addr")
            ? Cli.run("remote-proxy", argument, "--outside-addr=127.0.0.1:0")
            : option.equals("--outside-addr")
                ? Cli.run("remote-proxy", "--control-addr=127.0.0.1:0", argument)
                : Cli.remote(argument);
    misused(run, complaint);
    assertThat(run.err()).contains(option);
  }

  @Test
  void aMissingOptionIsNamed() {
    misused(Cli.run("remote-proxy", "--outside-addr=127.0.0.1:0"), "--control-addr");
    misused(Cli.run("remote-proxy", "--control-addr=127.0.0.1:0"), "--outside-addr");
    misused(Cli.run("origin-proxy", "--origin-server-addr=h:1"), "--remote-proxy-addr");
    misused(Cli.run("origin-proxy", "--remote-proxy-addr=h:1"), "--origin-server-addr");
  }

  @Test
  void aRoleThatWasToldToStopHasStartedAndEndsWell() {
    var run = Cli.remote("--secret=hunter2", "--log-level=debug");
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .matches(
            "remote-proxy: control 127\\.0\\.0\\.1:\\d+, outside default=127\\.0\\.0\\.1:\\d+\n");
    assertThat(run.err())
        .contains("stopping")
        .doesNotContain("hunter2")
        .doesNotContain("NO SECRET");
  }

  @Test
  void aRemoteProxyWithoutASecretSaysSo() {
    assertThat(Cli.remote().err()).contains("WARN").contains("NO SECRET IS SET");
  }

  @Test
  void anAddressInUseIsAFailureAndIsNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      var run = Cli.run("remote-proxy", "--control-addr=" + address, "--outside-addr=127.0.0.1:0");
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains("cannot listen on " + address);
      assertThat(run.out()).isEmpty();
    }
  }

  private static void misused(Cli run, String complaint) {
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(complaint).contains("--help'").hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }
}
