package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestServer;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Row 36: connections that never log in arrive faster than a login takes, and visitors use up the
 * file descriptors. The processes have their default limits and heap.
 */
@Timeout(120)
class UnauthenticatedFloodIT {

  private static final int PER_SECOND = 3500;
  private static final Duration SHORT = Duration.ofSeconds(4);
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration LONG = Duration.ofSeconds(20);

  /** Most of it is the start of a process, which shares the processors with other tests. */
  private static final Duration LOGIN_LIMIT = Duration.ofSeconds(15);

  /** Allowed by the image's options: the heap, buffers outside of it, code and native memory. */
  private static final int MAX_MEGABYTES = 300;

  private static final int DESCRIPTORS = 160;
  private static final int VISITORS = 200;

  private static final Launcher FEW =
      Launcher.USUAL.under("sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "sh");

  @Test
  void silentConnectionsFromFiveAddressesDoNotLockOutAnOriginProxy() throws Exception {
    assertLogsInDuring(ConnectionFlood::silent, SHORT);
  }

  @Test
  void garbageFrom5000AddressesDoesNotLockOutAnOriginProxy() throws Exception {
    assertLogsInDuring(ConnectionFlood::garbage, SHORT);
  }

  @Tag("full")
  @Test
  void silentConnectionsForTwentySecondsDoNotLockOutAnOriginProxy() throws Exception {
    assertLogsInDuring(ConnectionFlood::silent, LONG);
  }

  @Tag("full")
  @Test
  void garbageForTwentySecondsDoesNotLockOutAnOriginProxy() throws Exception {
    assertLogsInDuring(ConnectionFlood::garbage, LONG);
  }

  /** Restarts an origin proxy until the time is over; another one serves the canary meanwhile. */
  private static void assertLogsInDuring(
      BiFunction<HostPort, Integer, ConnectionFlood> start, Duration length) throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = Launcher.USUAL.remote("--outside-addr=other=127.0.0.1:0");
        RoleProcess steady = remote.origin(server.address(), "--name=steady")) {
      steady.line();
      Duration quiet = logIn(remote, server.address());
      Canary before = Canary.visit(remote.outside(), QUIET);
      try (var flood = start.apply(remote.control(), PER_SECOND)) {
        Future<Canary> visits = Canary.start(remote.outside(), length);
        long until = System.nanoTime() + length.toNanos();
        Duration longest = Duration.ZERO;
        int megabytes = 0;
        do {
          Duration login = logIn(remote, server.address());
          longest = login.compareTo(longest) > 0 ? login : longest;
          megabytes = Math.max(megabytes, remote.role().footprint().residentMegabytes());
        } while (System.nanoTime() < until);
        System.out.println(
            flood + "; login " + longest.toMillis() + " ms, quiet " + quiet.toMillis() + " ms");
        Canary canary = visits.get();
        System.out.println(canary.comparedWith(before) + "; " + megabytes + " MB");
        canary.assertServed();
        assertThat(longest).isLessThan(LOGIN_LIMIT);
        assertThat(megabytes).isLessThan(MAX_MEGABYTES);
      }
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
      assertThat(steady.err().lines("session lost")).isEmpty();
    }
  }

  /** Starts an origin proxy of the other service; returns the time until it serves. */
  private static Duration logIn(RemoteProcess remote, HostPort server) throws Exception {
    long since = System.nanoTime();
    try (RoleProcess anew = otherOrigin(remote, server)) {
      anew.line();
      return Duration.ofNanos(System.nanoTime() - since);
    }
  }

  private static RoleProcess otherOrigin(RemoteProcess remote, HostPort server) throws Exception {
    return RoleProcess.start(
        Launcher.USUAL.environment(),
        "origin-proxy",
        "--remote-proxy-addr=" + remote.control(),
        "--origin-server-addr=other=" + server,
        "--name=anew");
  }

  @Test
  void visitorsThatUseUpTheDescriptorsDoNotLockOutAnOriginProxy() throws Exception {
    List<Socket> visitors = new ArrayList<>();
    try (var server = TestServer.echo();
        RemoteProcess remote = FEW.remote("--outside-addr=other=127.0.0.1:0");
        RoleProcess steady = remote.origin(server.address(), "--name=steady")) {
      steady.line();
      for (int i = 0; i < VISITORS; i++) {
        visitors.add(remote.visit());
      }
      remote.role().err().await("visitors not accepted", "reserved for control addresses");
      try (var flood = ConnectionFlood.silent(remote.control(), DESCRIPTORS)) {
        remote.role().err().await("handshake not completed", "evicted by newer connections");
        System.out.println("login without free descriptors: " + logIn(remote, server.address()));
        System.out.println(flood + "; " + remote.role().footprint());
      }
      assertThat(remote.role().err().lines("visitors not accepted")).hasSize(1);
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }
}
