package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Rows 34 and 36 with the servers of bore, trp and bounce: silent connections from thousands of
 * addresses at the control address, more than the server admits at once, and visitors that read
 * nothing, while a canary of another service is served and clients log in.
 */
@Timeout(120)
class ProtocolFloodIT {

  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int SILENT_PER_SECOND = 1500;
  private static final int STALLED = 100;
  private static final int MAX_ATTEMPTS = 3;

  /** Allowed by the image's options: the heap, buffers outside of it, code and native memory. */
  private static final int MAX_MEGABYTES = 300;

  /** Fewer than the flood keeps open, so that the server evicts connections. */
  private static final int MAX_UNAUTHENTICATED = 1000;

  private static final String LIMITED = "--max-unauthenticated=" + MAX_UNAUTHENTICATED;

  /** A bore server's limit is not configurable; it is at most a quarter of these. */
  private static final int BORE_DESCRIPTORS = 4 * MAX_UNAUTHENTICATED;

  /** Most of it is the start of a process, which shares the processors with other tests. */
  private static final Duration LOGIN_LIMIT = Duration.ofSeconds(15);

  /** The reason for which a server closes the silent connections. */
  private enum Closing {
    EVICTED("evicted by newer connections", "half_open_dropped"),
    /** By trp, which has no login: its data connections come from the origin proxy's address. */
    REFUSED("an origin proxy is connected already", "refused_peers");

    private final String cause;
    private final Pattern counted;

    Closing(String cause, String counter) {
      this.cause = cause;
      this.counted = Pattern.compile("stopping.* " + counter + "=[1-9]");
    }
  }

  /**
   * A server under the flood.
   *
   * @param role the process
   * @param control the address of the silent connections
   * @param closing the reason for which it closes them
   */
  private record Target(RoleProcess role, HostPort control, Closing closing) {

    /** Stops the server, which then logs its counters. */
    void assertCounted() throws Exception {
      role.terminate();
      assertThat(role.await().err()).containsPattern(closing.counted);
    }
  }

  /** A login of a new client, up to its first service. */
  @FunctionalInterface
  private interface Login {
    void run() throws IOException;

    default Duration time() throws IOException {
      long since = System.nanoTime();
      run();
      return Duration.ofNanos(System.nanoTime() - since);
    }
  }

  /** Floods a server; {@code canary} and {@code login} are other clients of it. */
  private static void flood(
      Target server, StalledVisitors stalled, Canary.Visit canary, Login login, Duration length)
      throws Exception {
    Canary quiet = Canary.repeatQuiet(canary);
    Duration quietLogin = login.time();
    try (stalled;
        var silent = ConnectionFlood.silentFromMany(server.control(), SILENT_PER_SECOND)) {
      stalled.connect(STALLED);
      Future<Canary> visits = Canary.start(canary, length);
      Duration longest = Duration.ZERO;
      int megabytes = 0;
      while (!visits.isDone()) {
        stalled.send();
        Duration time = login.time();
        longest = time.compareTo(longest) > 0 ? time : longest;
        megabytes = Math.max(megabytes, server.role().footprint().residentMegabytes());
      }
      System.out.println(
          silent + "; login " + longest.toMillis() + " ms, quiet " + quietLogin.toMillis() + " ms");
      System.out.println(visits.get().comparedWith(quiet) + "; " + megabytes + " MB");
      visits.get().assertServed();
      assertThat(longest).isLessThan(LOGIN_LIMIT);
      assertThat(megabytes).isLessThan(MAX_MEGABYTES);
      server.role().err().await("WARN", server.closing().cause);
    }
    assertThat(server.role().err().lines("ERROR")).isEmpty();
  }

  private static void floodBore(Duration length) throws Exception {
    try (var echo = TestServer.echo();
        var server = BoreProcesses.serverWith(BORE_DESCRIPTORS);
        RoleProcess flooded = BoreProcesses.local(server.control(), echo.address());
        RoleProcess other = BoreProcesses.local(server.control(), echo.address())) {
      HostPort floodedAddress = BoreProcesses.listening(flooded);
      HostPort otherAddress = BoreProcesses.listening(other);
      var target = new Target(server.role(), server.control(), Closing.EVICTED);
      flood(
          target,
          new StalledVisitors(floodedAddress),
          Canary.visitOf(otherAddress),
          () -> {
            try (RoleProcess anew = BoreProcesses.local(server.control(), echo.address())) {
              BoreProcesses.listening(anew);
            }
          },
          length);
      assertThat(other.err().lines("session lost")).isEmpty();
      target.assertCounted();
    }
  }

  @Test
  void floodOfABoreServerDoesNotHurtOtherClients() throws Exception {
    floodBore(SHORT);
  }

  @Tag("full")
  @Test
  void floodOfABoreServerForTwentySecondsDoesNotHurtOtherClients() throws Exception {
    floodBore(LONG);
  }

  /** There is one service and one origin proxy; the canary's address is another one. */
  private static void floodTrp(Duration length) throws Exception {
    try (var echo = TestServer.echo();
        RemoteProcess remote = Launcher.OPEN.remote("--protocol=trp", LIMITED);
        RoleProcess origin =
            Launcher.OPEN.origin(remote.control(), echo.address(), "--protocol=trp")) {
      remote.awaitServing(System.nanoTime());
      var target = new Target(remote.role(), remote.control(), Closing.REFUSED);
      flood(
          target,
          new StalledVisitors(remote.outside()),
          Canary.visitOf(remote.outside()),
          remote::assertServes,
          length);
      assertThat(origin.err().lines("session lost")).isEmpty();
      target.assertCounted();
    }
  }

  @Test
  void floodOfATrpServerDoesNotTakeItsVisitors() throws Exception {
    floodTrp(SHORT);
  }

  @Tag("full")
  @Test
  void floodOfATrpServerForTwentySecondsDoesNotTakeItsVisitors() throws Exception {
    floodTrp(LONG);
  }

  /**
   * Joins a group twice, which sends a text from one member to the other. A pause of this process
   * may last longer than a place during the flood; like any client, it tries again then.
   */
  private static void meet(BounceProcess server, int group) throws IOException {
    String number = "hi%04x".formatted(group);
    try (BounceClient one = joinAgain(server, number);
        BounceClient two = joinAgain(server, number)) {
      one.send("canary");
      two.receive("canary");
    }
  }

  private static BounceClient joinAgain(BounceProcess server, String number) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return server.join(number);
      } catch (IOException | AssertionError e) {
        if (attempt == MAX_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void floodBounce(Duration length) throws Exception {
    var group = new AtomicInteger(STALLED);
    try (var server = BounceProcess.start("--auth=hi", LIMITED)) {
      var target = new Target(server.role(), server.address(), Closing.EVICTED);
      flood(
          target,
          new StalledVisitors(server.address(), number -> "hi%04x".formatted(number / 2)),
          () -> meet(server, group.incrementAndGet()),
          () -> meet(server, group.incrementAndGet()),
          length);
      target.assertCounted();
    }
  }

  @Test
  void floodOfABounceServerDoesNotHurtOtherGroups() throws Exception {
    floodBounce(SHORT);
  }

  @Tag("full")
  @Test
  void floodOfABounceServerForTwentySecondsDoesNotHurtOtherGroups() throws Exception {
    floodBounce(LONG);
  }
}
