package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Rows 34 and 36 with the servers of bore, trp and bounce at their defaults: silent connections
 * from thousands of addresses at the control address and visitors that read nothing, while a canary
 * of another service is served and clients log in.
 */
@Timeout(120)
class ProtocolFloodIT {

  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int SILENT_PER_SECOND = 1500;
  private static final int STALLED = 100;
  private static final int MAX_MEGABYTES = 300;
  private static final Duration LOGIN_LIMIT = Duration.ofSeconds(3);

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
      RoleProcess server,
      HostPort control,
      StalledVisitors stalled,
      Canary.Visit canary,
      Login login,
      Duration length)
      throws Exception {
    Canary quiet = Canary.repeatQuiet(canary);
    Duration quietLogin = login.time();
    try (stalled;
        var silent = ConnectionFlood.silentFromMany(control, SILENT_PER_SECOND)) {
      stalled.connect(STALLED);
      Future<Canary> visits = Canary.start(canary, length);
      Duration longest = Duration.ZERO;
      while (!visits.isDone()) {
        stalled.send();
        Duration time = login.time();
        longest = time.compareTo(longest) > 0 ? time : longest;
      }
      System.out.println(
          silent + "; login " + longest.toMillis() + " ms, quiet " + quietLogin.toMillis() + " ms");
      System.out.println(visits.get().comparedWith(quiet) + "; " + server.footprint());
      visits.get().assertServed();
      // Most of the time is the start of a process, which shares the processors with the flood.
      assertThat(longest).isLessThan(LOGIN_LIMIT.plus(quietLogin.multipliedBy(4)));
      assertThat(server.footprint().residentMegabytes()).isLessThan(MAX_MEGABYTES);
    }
    assertThat(server.err().lines("ERROR")).isEmpty();
  }

  private static void floodBore(Duration length) throws Exception {
    try (var echo = TestServer.echo();
        var server = BoreProcesses.server();
        RoleProcess flooded = BoreProcesses.local(server.control(), echo.address());
        RoleProcess other = BoreProcesses.local(server.control(), echo.address())) {
      HostPort floodedAddress = BoreProcesses.listening(flooded);
      HostPort otherAddress = BoreProcesses.listening(other);
      flood(
          server.role(),
          server.control(),
          new StalledVisitors(floodedAddress),
          Canary.visitOf(otherAddress),
          () -> {
            try (RoleProcess anew = BoreProcesses.local(server.control(), echo.address())) {
              BoreProcesses.listening(anew);
            }
          },
          length);
      assertThat(other.err().lines("session lost")).isEmpty();
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
        RemoteProcess remote = Launcher.OPEN.remote("--protocol=trp");
        RoleProcess origin =
            Launcher.OPEN.origin(remote.control(), echo.address(), "--protocol=trp")) {
      remote.awaitServing(System.nanoTime());
      flood(
          remote.role(),
          remote.control(),
          new StalledVisitors(remote.outside()),
          Canary.visitOf(remote.outside()),
          remote::assertServes,
          length);
      assertThat(origin.err().lines("session lost")).isEmpty();
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

  /** Joins a group twice, which sends a text from one member to the other. */
  private static void meet(BounceProcess server, int group) throws IOException {
    String number = "hi%04x".formatted(group);
    try (BounceClient one = server.join(number);
        BounceClient two = server.join(number)) {
      one.send("canary");
      two.receive("canary");
    }
  }

  private static void floodBounce(Duration length) throws Exception {
    var group = new AtomicInteger(STALLED);
    try (var server = BounceProcess.start("--auth=hi")) {
      flood(
          server.role(),
          server.address(),
          new StalledVisitors(server.address(), number -> "hi%04x".formatted(number / 2)),
          () -> meet(server, group.incrementAndGet()),
          () -> meet(server, group.incrementAndGet()),
          length);
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
