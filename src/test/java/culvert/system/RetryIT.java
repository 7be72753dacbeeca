package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An origin proxy that cannot connect keeps retrying and logs the failure once. */
@Timeout(120)
class RetryIT {

  private static final Launcher WRONG = Launcher.USUAL.secret("another one");

  /** Pauses in the first minute of an outage are at most a second; a busy machine adds some. */
  private static final Duration SOON = Duration.ofSeconds(20);

  private static void assertServesSoon(RemoteProcess remote) throws Exception {
    assertThat(remote.awaitServing(System.nanoTime())).isLessThan(SOON);
  }

  @Test
  void originProxyStartedFirstWaitsForTheRemoteProxy() throws Exception {
    HostPort control = Ports.reserve();
    try (var server = TestServer.echo();
        RoleProcess origin = Launcher.USUAL.origin(control, server.address())) {
      origin.err().await("session not started", "Connection refused");
      try (RemoteProcess remote = Launcher.USUAL.remoteAt(control, Launcher.ANY)) {
        assertServesSoon(remote);
        assertThat(origin.line()).isEqualTo("origin-proxy: serving default=" + remote.outside());
      }
      assertThat(origin.err().lines("session not started")).hasSize(1);
    }
  }

  @Test
  void rejectionAfterAnOutageIsLoggedOnceAndRetriedUntilItIsCorrected() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess first = Launcher.USUAL.remote();
        RoleProcess origin = first.origin(server.address(), "--retry-max=200ms")) {
      origin.line();
      first.role().kill();
      try (RemoteProcess wrong =
          WRONG.remoteAt(first.control(), first.outside(), "--log-period=1ms")) {
        Eventually.within(
            RolePair.LIMIT,
            () ->
                assertThat(wrong.role().err().lines("origin proxy rejected"))
                    .hasSizeGreaterThan(5));
        wrong.role().kill();
      }
      assertThat(origin.err().lines("login refused by remote proxy", "the secret is wrong"))
          .hasSize(1);
      try (RemoteProcess right = first.again()) {
        assertServesSoon(right);
      }
    }
  }

  @Test
  void serviceMissingAfterARestartIsLoggedOnceAndRetried() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess first = Launcher.USUAL.remote();
        RoleProcess origin = first.origin(server.address(), "--retry-max=200ms")) {
      origin.line();
      first.role().kill();
      try (RoleProcess without =
          RoleProcess.start(
              Launcher.USUAL.environment(),
              "remote-proxy",
              "--control-addr=" + first.control(),
              "--outside-addr=other=127.0.0.1:0",
              "--log-period=1ms")) {
        Eventually.within(
            RolePair.LIMIT,
            () -> assertThat(without.err().lines("offer declined")).hasSizeGreaterThan(5));
        without.kill();
      }
      assertThat(origin.err().lines("service declined", "no service 'default'")).hasSize(1);
      try (RemoteProcess right = first.again()) {
        assertServesSoon(right);
      }
    }
  }

  /** After a rejection the pause is at least half of the maximum. */
  @Test
  void hangupSignalEndsTheLongPauseAfterARejection() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess first = Launcher.USUAL.remote();
        RoleProcess origin =
            Launcher.USUAL
                .acceptingSignal("HUP")
                .origin(first.control(), server.address(), "--retry-max=1h")) {
      origin.line();
      first.role().kill();
      try (RemoteProcess wrong = WRONG.remoteAt(first.control(), first.outside())) {
        origin.err().await("login refused by remote proxy", "again_in=");
        wrong.role().kill();
      }
      try (RemoteProcess right = first.again()) {
        origin.signal("HUP");
        assertServesSoon(right);
      }
    }
  }

  @Test
  void hostNameIsResolvedAgainAtEachAttempt(@TempDir Path folder) throws Exception {
    Path hosts = folder.resolve("hosts");
    resolveTo(hosts, "127.0.0.9 other.host.test");
    HostPort control = Ports.reserve();
    try (var server = TestServer.echo();
        RoleProcess origin =
            Launcher.USUAL
                .variable("CULVERT_JVM_OPTIONS", "-Djdk.net.hosts.file=" + hosts)
                .origin(new HostPort("tunnel.test", control.port()), server.address())) {
      origin.err().await("the name 'tunnel.test' does not resolve");
      try (RemoteProcess here = Launcher.USUAL.remoteAt(control, Launcher.ANY);
          RemoteProcess there =
              Launcher.USUAL.remoteAt(new HostPort("127.0.0.2", control.port()), Launcher.ANY)) {
        resolveTo(hosts, "127.0.0.1 tunnel.test");
        assertServesSoon(here);
        resolveTo(hosts, "127.0.0.2 tunnel.test");
        here.role().kill();
        assertServesSoon(there);
      }
    }
  }

  /** Replaces the file atomically, so that no process reads an incomplete one. */
  private static void resolveTo(Path hosts, String line) throws IOException {
    Path next = hosts.resolveSibling("next");
    Files.writeString(next, line + "\n");
    Files.move(next, hosts, StandardCopyOption.ATOMIC_MOVE);
  }
}
