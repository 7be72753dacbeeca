package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.Handshake;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More unauthenticated connections or more visitors than the limits allow. */
@Timeout(120)
class FloodIT {

  private static final int PEERS = 300;
  private static final int VISITORS_AT_ONCE = 150;
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Tolerance for descriptors and threads that the JVM opens for itself at any time. */
  private static final int OWN = 10;

  private static final int DESCRIPTORS = 128;

  /** Descriptors that visitors leave to the control address, and at most to the JVM. */
  private static final int RESERVED = DESCRIPTORS / 8 + 32;

  private static final Launcher FEW =
      Launcher.USUAL.under("sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "sh");

  private static byte[] recordedHandshake(RemoteProcess remote) throws IOException {
    try (var origin = new ScriptedOrigin(remote.control(), "127.0.0.1")) {
      origin.logIn("recorded", Handshake.newInstance(), Launcher.SECRET_TEXT);
      return origin.recordedLogin();
    }
  }

  @Test
  void threeHundredUnauthenticatedPeersDoNotLockOutAnOriginProxy() throws Exception {
    var random = Seed.random("threeHundredUnauthenticatedPeers");
    try (var server = TestServer.echo();
        RemoteProcess remote = Launcher.PLAIN.remote("--handshake-timeout=5s", "--log-period=5m");
        RoleProcess origin =
            remote.origin(server.address(), "--transport=plain", "--name=first", "--share")) {
      origin.line();
      remote.assertServes();
      byte[] recorded = recordedHandshake(remote);
      ProcessResources before = remote.role().settledFootprint();
      try (Socket first = remote.visit();
          var flood = new UnauthenticatedFlood(remote.control(), PEERS, recorded, random)) {
        flood.awaitARound();
        long since = System.nanoTime();
        try (RoleProcess anew =
            remote.origin(server.address(), "--transport=plain", "--name=anew", "--share")) {
          anew.line();
          Duration joined = Duration.ofNanos(System.nanoTime() - since);
          for (int i = 0; i < 100; i++) {
            long asked = System.nanoTime();
            remote.assertServes();
            assertEchoes(first, i);
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(SOON);
          }
          System.out.println("joined in " + joined + " among " + flood);
          assertThat(joined).isLessThan(SOON);
        }
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            ProcessResources after = remote.role().footprint();
            assertThat(after.descriptors()).isLessThan(before.descriptors() + OWN);
            assertThat(after.threads()).isLessThan(before.threads() + OWN);
          });
      // On a busy machine the flood can evict the origin proxy's first attempts too.
      // On a busy machine the origin proxy's first handshake may time out too.
      assertThat(remote.role().err().lines("WARN"))
          .filteredOn(line -> !line.contains("peer=127.0.0.1:"))
          .as("one line per source in five minutes")
          .hasSizeBetween(1, UnauthenticatedFlood.SOURCES + 1);
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
    }
  }

  @Test
  void remoteProxyOutOfDescriptorsLogsItOnceAndRecovers() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = FEW.remote("--log-period=5m");
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      exhaustDescriptors(remote, remote.role(), DESCRIPTORS - RESERVED);
      exhaustDescriptors(remote, remote.role(), DESCRIPTORS - RESERVED);
      assertThat(remote.role().err().lines("visitors not accepted", "Too many open")).hasSize(1);
      assertThat(remote.role().err().lines("session ended")).isEmpty();
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
    }
  }

  @Test
  void originProxyOutOfDescriptorsLogsItOnceAndRecovers() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = FEW.origin(remote.control(), server.address(), "--log-period=5m")) {
      origin.line();
      exhaustDescriptors(remote, origin, DESCRIPTORS - 1);
      exhaustDescriptors(remote, origin, DESCRIPTORS - 1);
      assertThat(origin.err().lines("origin server not reached", "Too many open")).hasSize(1);
      assertThat(origin.err().lines("session lost")).isEmpty();
      assertThat(origin.err().lines("ERROR")).isEmpty();
    }
  }

  /** Keeps one visitor connected and adds visitors until the role has no descriptor left. */
  private static void exhaustDescriptors(RemoteProcess remote, RoleProcess role, int used)
      throws Exception {
    List<Socket> visitors = new ArrayList<>();
    try (Socket first = remote.visit()) {
      assertEchoes(first, 'a');
      for (int i = 0; i < VISITORS_AT_ONCE; i++) {
        visitors.add(remote.visit());
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            assertThat(role.footprint().descriptors()).isGreaterThanOrEqualTo(used);
            assertThat(role.err().lines("Too many open")).isNotEmpty();
          });
      assertEchoes(first, 'b');
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
    assertThat(remote.awaitServing(System.nanoTime())).isLessThan(SOON);
  }

  private static void assertEchoes(Socket visitor, int letter) throws IOException {
    visitor.getOutputStream().write(letter);
    assertThat(visitor.getInputStream().read()).isEqualTo(letter);
  }
}
