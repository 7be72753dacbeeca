package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages and exit codes for invalid command lines. */
@ExtendWith(LeakCheck.class)
class CommandLineTest {

  @Test
  void withoutACommandTheUsageIsPrinted() {
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
  void unknownOptionIsReportedWithTheNearest(String typed, String meant) {
    var run = Cli.remote(typed);
    misused(run, "unknown option '" + typed.split("=")[0] + "': did you mean '" + meant + "'?");
  }

  @Test
  void unknownOptionWithoutNeighboursIsReported() {
    misused(Cli.remote("--frobnicate-everything"), "unknown option '--frobnicate-everything' (see");
  }

  /** An argument after an option may be a secret that lost its option or its quotes. */
  @Test
  void argumentAfterAnOptionIsNotPrinted() {
    for (Cli run :
        new Cli[] {
          Cli.remote("hunter2"),
          Cli.run("--server", "hunter2"),
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

  @ParameterizedTest
  @CsvSource({
    "remote-prxy, remote-prxy, remote-proxy",
    "remote-prxy --help, remote-prxy, remote-proxy",
    "remote-prxy -V, remote-prxy, remote-proxy",
    "help remote-prxy, remote-prxy, remote-proxy",
    "remote, remote, remote-proxy",
    "bore lcal, lcal, local",
    "bore help lcal, lcal, local",
    "bounce conect h:1 1, conect, connect"
  })
  void unknownCommandIsReportedWithTheNearest(String line, String typed, String meant) {
    misused(
        Cli.run(line.split(" ")), "unknown command '" + typed + "': did you mean '" + meant + "'?");
  }

  @Test
  void unknownCommandWithoutNeighboursIsReported() {
    misused(Cli.run("hunter2"), "culvert: unknown command 'hunter2' (see 'culvert --help')");
    misused(Cli.run("trian"), "culvert: unknown command 'trian' (see");
  }

  @Test
  void unexpectedArgumentBeforeAnyOptionIsReported() {
    misused(Cli.run("remote-proxy", "9000"), "remote-proxy: unexpected argument '9000'");
    misused(Cli.run("keygen", "noise"), "keygen: unexpected argument 'noise'");
  }

  @Test
  void unknownOptionBesideHelpIsReported() {
    misused(Cli.run("remote-proxy", "--help", "--secrt"), "unknown option '--secrt'");
    misused(Cli.run("remote-proxy", "-x", "-h"), "unknown option '-x' (see");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--control-addr=90000 | PORT or HOST:PORT; a port is 0 to 65535 (",
        "--control-addr=h:70000 | PORT or HOST:PORT; a port is 0 to 65535 (",
        "--control-addr=http://localhost:8000 | PORT or HOST:PORT; write 'localhost:8000' (",
        "--control-addr=localhost:8000/ | PORT or HOST:PORT (",
        "--control-addr=::1:9000 | PORT or HOST:PORT; write an IPv6 address in brackets, as"
            + " [::1]:9000",
        "--outside-addr=web=h:http | [NAME=]PORT or [NAME=]HOST:PORT",
        "--outside-addr=we b=h:1 | [NAME=]PORT or [NAME=]HOST:PORT, with a NAME of 1 to 64 letters,"
            + " digits,",
        "--open-timeout=10 | a number and a unit, such as 500ms, 10s or 2m, at most a day",
        "--log-level=loud | one of error, warn, info, debug",
        "--log-level=INFO | one of error, warn, info, debug",
        "--log-format=xml | one of text, json",
        "--accept-proxy-protocol=10/8 | ADDRESS or ADDRESS/BITS, such as 10.0.0.0/8",
        "--max-visitors=many | a whole number",
        "--max-visitors=12345678901 | a whole number"
      })
  void malformedValueIsReportedWithItsOption(String argument, String expected) {
    String option = argument.split("=")[0];
    var run =
        option.equals("--control-addr")
            ? Cli.run("remote-proxy", argument, "--outside-addr=127.0.0.1:0")
            : option.equals("--outside-addr")
                ? Cli.run("remote-proxy", "--control-addr=127.0.0.1:0", argument)
                : Cli.remote(argument);
    String value = argument.split("=", 2)[1];
    misused(run, "invalid value '" + value + "' for " + option + ": expected " + expected);
  }

  @Test
  void missingOptionIsNamed() {
    misused(Cli.run("remote-proxy", "--outside-addr=127.0.0.1:0"), "--control-addr");
    misused(Cli.run("remote-proxy", "--control-addr=127.0.0.1:0"), "--outside-addr");
    misused(Cli.run("origin-proxy", "--origin-server-addr=h:1"), "--remote-proxy-addr");
    misused(Cli.run("origin-proxy", "--remote-proxy-addr=h:1"), "--origin-server-addr");
  }

  @Test
  void roleStopsOnRequest() {
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
  void remoteProxyWithoutASecretLogsAWarning() {
    assertThat(Cli.remote().err()).contains("WARN").contains("NO SECRET IS SET");
  }

  @Test
  void addressInUseIsAFailureAndIsNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      var run = Cli.run("remote-proxy", "--control-addr=" + address, "--outside-addr=127.0.0.1:0");
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains("cannot listen on " + address);
      assertThat(run.out()).isEmpty();
    }
  }

  private static void misused(Cli run, String message) {
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(message).contains("--help'").hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }
}
