package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every documented exit code of a process, and the line that explains it. */
@Timeout(120)
class ExitCodesIT {

  private static final String ANY = "127.0.0.1:0";

  private static RoleProcess remote(String... more) throws Exception {
    String[] arguments = {"remote-proxy", "--control-addr", ANY, "--outside-addr", ANY};
    return RoleProcess.start(concat(arguments, more));
  }

  private static String[] concat(String[] first, String[] more) {
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }

  private static String control(RoleProcess remote) throws Exception {
    return remote.line().replaceAll(".*control (\\S+), .*", "$1");
  }

  private static RoleProcess.Ended origin(String control, String... more) throws Exception {
    return RoleProcess.run(originLine(control, more));
  }

  private static RoleProcess startOrigin(RoleProcess remote, String... more) throws Exception {
    return RoleProcess.start(originLine(control(remote), more));
  }

  private static String[] originLine(String control, String... more) {
    String[] arguments = {
      "origin-proxy", "--remote-proxy-addr", control, "--origin-server-addr", "127.0.0.1:1"
    };
    return concat(arguments, more);
  }

  @Test
  void termStopsBothRolesCleanly() throws Exception {
    try (RoleProcess remote = remote("--secret", "s")) {
      try (RoleProcess origin = startOrigin(remote, "--secret", "s")) {
        assertThat(origin.line()).matches("origin-proxy: serving default=127\\.0\\.0\\.1:\\d+");
        origin.terminate();
        assertThat(origin.await().exit()).isZero();
      }
      remote.terminate();
      assertThat(remote.await().exit()).isZero();
    }
  }

  /** Stopping takes a second if the peer is suspended: long enough for a second signal. */
  @Test
  void secondSignalEndsAStoppingRole() throws Exception {
    try (RoleProcess remote = remote("--secret", "s")) {
      try (RoleProcess origin = startOrigin(remote, "--secret", "s")) {
        HostPort outside = HostPort.parse(origin.line().replaceAll(".*default=", ""));
        RoleProcess.run("sh", "-c", "kill -STOP " + origin.process().pid());
        remote.terminate();
        Eventually.within(
            RolePair.LIMIT,
            () ->
                assertThatThrownBy(() -> new Socket(outside.host(), outside.port()).close())
                    .isInstanceOf(ConnectException.class));
        remote.terminate();
        assertThat(remote.await().exit()).isEqualTo(128 + 15);
      }
    }
  }

  @Test
  void addressInUseIsReportedAsAFailure() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      var ended =
          RoleProcess.run(
              "remote-proxy", "--control-addr", ANY, "--outside-addr", "web=" + address);
      assertThat(ended.exit()).isEqualTo(1);
      assertThat(ended.err())
          .isEqualTo("remote-proxy: cannot listen on " + address + ": Address already in use\n");
    }
  }

  @Test
  void unresolvableNameIsReportedAsAFailure() throws Exception {
    var ended =
        RoleProcess.run(
            "remote-proxy", "--control-addr", "no.such.invalid:1", "--outside-addr", ANY);
    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).contains("'no.such.invalid' does not resolve");
  }

  @Test
  void invalidCommandLineIsReportedAsAUsageError() throws Exception {
    var ended = RoleProcess.run("remote-proxy", "--control-adr", ANY);
    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err())
        .isEqualTo(
            "remote-proxy: unknown option '--control-adr': did you mean '--control-addr'?"
                + " (see 'culvert remote-proxy --help')\n");
  }

  @Test
  void unreachableRemoteProxyEndsAnOriginProxyWithoutRetry() throws Exception {
    var ended = origin("127.0.0.1:1", "--fail-fast");
    assertThat(ended.exit()).isEqualTo(69);
    assertThat(ended.err()).contains("127.0.0.1:1: Connection refused");
  }

  @Test
  void wrongSecretIsRejectedAndNeverPrinted() throws Exception {
    try (RoleProcess remote = remote("--secret", "the-right-one")) {
      var ended = origin(control(remote), "--secret", "the-other-one");
      assertThat(ended.exit()).isEqualTo(77);
      assertThat(ended.err()).contains("the secret is wrong").doesNotContain("the-other-one");
      remote.terminate();
      assertThat(remote.await().err())
          .contains("the secret is wrong")
          .doesNotContain("the-right-one");
    }
  }

  @Test
  void invalidSettingsAreReported(@TempDir Path folder) throws Exception {
    Path missing = folder.resolve("missing");
    var ended = origin("127.0.0.1:1", "--secret-file", missing.toString());
    assertThat(ended.exit()).isEqualTo(78);
    assertThat(ended.err())
        .isEqualTo("origin-proxy: --secret-file " + missing + ": there is no such file\n");
    try (RoleProcess remote = remote()) {
      var declined =
          RoleProcess.run(
              "origin-proxy",
              "--remote-proxy-addr",
              control(remote),
              "--origin-server-addr",
              "nas=127.0.0.1:1");
      assertThat(declined.exit()).isEqualTo(78);
      assertThat(declined.err()).contains("the remote proxy has no service 'nas'");
    }
  }
}
