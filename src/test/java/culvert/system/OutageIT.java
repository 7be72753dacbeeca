package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A proxy is killed under load and restarted. */
@Timeout(120)
class OutageIT {

  /** The goal is two seconds including the JVM start; a busy machine takes several times that. */
  private static final Duration BACK = Duration.ofSeconds(20);

  private static void assertBack(String what, RemoteProcess remote, long sinceNanos)
      throws Exception {
    Duration back = remote.awaitServing(sinceNanos);
    System.out.println(what + " served " + back.toMillis() + " ms after its start");
    assertThat(back).isLessThan(BACK);
  }

  @Test
  void killedOriginProxyResetsItsVisitorsAndTheNextServes() throws Exception {
    try (var server = TestServer.bulkOrEcho();
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      try (var load = ContinuousLoad.on(remote)) {
        origin.kill();
        assertThat(load.ends()).containsOnly(ContinuousLoad.End.RESET);
      }
      long since = System.nanoTime();
      try (RoleProcess next = remote.origin(server.address())) {
        assertBack("the origin proxy", remote, since);
        next.line();
      }
    }
  }

  @Test
  void killedRemoteProxyResetsItsVisitorsAndTheNextServes() throws Exception {
    try (var server = TestServer.bulkOrEcho();
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      try (var load = ContinuousLoad.on(remote)) {
        remote.role().kill();
        assertThat(load.ends()).containsOnly(ContinuousLoad.End.RESET);
      }
      origin.err().await("session lost");
      long since = System.nanoTime();
      try (RemoteProcess again = remote.again()) {
        assertBack("the remote proxy", again, since);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"remote", "origin"})
  void uploadThroughAKilledProxyIsNeverReportedAsComplete(String half) throws Exception {
    var begun = new CountDownLatch(1);
    var upload = new CompletableFuture<Long>();
    try (var server =
            new TestServer(c -> {
              try {
                c.getInputStream().read();
                begun.countDown();
                upload.complete(RandomBytes.receive(c.getInputStream()));
              } catch (SocketException e) {
                upload.completeExceptionally(e);
              }
            });
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      try (Socket visitor = remote.visit()) {
        visitor.getOutputStream().write(new byte[100_000]);
        assertThat(begun.await(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        (half.equals("remote") ? remote.role() : origin).kill();
        assertThat(upload)
            .failsWithin(RolePair.LIMIT)
            .withThrowableThat()
            .withMessageContaining("reset");
      }
    }
  }

  @Test
  void repeatedlyKilledOriginProxyIsNeverRejectedBecauseOfItsPredecessor() throws Exception {
    restart(Launcher.USUAL);
    restart(Launcher.OPEN);
  }

  private static void restart(Launcher launcher) throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = launcher.remote()) {
      for (int i = 0; i < 5; i++) {
        long since = System.nanoTime();
        try (RoleProcess origin = launcher.origin(remote.control(), server.address())) {
          origin.line();
          assertBack("origin proxy " + i, remote, since);
          origin.kill();
        }
      }
      assertThat(remote.role().err().lines("offer declined")).isEmpty();
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
    }
  }
}
