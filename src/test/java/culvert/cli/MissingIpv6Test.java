package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.ExitCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Addresses of IPv6 on a host that has IPv4 only. */
@Timeout(60)
class MissingIpv6Test {

  private static final List<String> IPV4_ONLY = List.of("-Djava.net.preferIPv4Stack=true");

  private static void assertOneLine(ClassPathRun run, String message, ExitCode exit) {
    assertThat(run.output()).contains(message).doesNotContain("\tat ", "internal error");
    assertThat(run.exit()).isEqualTo(exit.code());
  }

  @Test
  void addressFamilyThatTheHostLacksIsNamedByAListener() throws Exception {
    ClassPathRun run =
        ClassPathRun.of(
            IPV4_ONLY, "remote-proxy", "--control-addr=[::]:0", "--outside-addr=127.0.0.1:0");
    assertOneLine(run, "cannot listen on [::]:0: this host has no IPv6", ExitCode.FAILURE);
  }

  @Test
  void addressFamilyThatTheHostLacksIsNamedByAConnectionAttempt() throws Exception {
    ClassPathRun run =
        ClassPathRun.of(
            IPV4_ONLY,
            "origin-proxy",
            "--remote-proxy-addr=[::1]:9",
            "--origin-server-addr=127.0.0.1:9",
            "--fail-fast");
    assertOneLine(run, "[::1]:9: this host has no IPv6", ExitCode.UNREACHABLE);
  }
}
