package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.Timeouts;
import culvert.protocol.Handshake;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A suspended proxy: its connections stay open, but it does not answer. */
@Timeout(120)
class FreezeIT {

  /** The answer to a visitor of a suspended origin proxy. */
  private static final int NOTHING = 0;

  private static final int PATIENCE_MILLIS = 500;

  /** The tolerance for delays on a busy machine. */
  private static final Duration TOLERANCE = Duration.ofSeconds(15);

  /** After this time no visitor may be assigned to a suspended origin proxy. */
  private static final Duration MAX_DETECTION = Duration.ofMillis(3000);

  private static TestServer answering(int letter) throws IOException {
    return new TestServer(c -> {
      c.getInputStream().read();
      c.getOutputStream().write(letter);
    });
  }

  /** Returns the answer to a new visitor. */
  private static int visit(RemoteProcess remote) throws IOException {
    try (Socket visitor = remote.visit()) {
      visitor.setSoTimeout(PATIENCE_MILLIS);
      visitor.getOutputStream().write('?');
      return visitor.getInputStream().read();
    } catch (SocketTimeoutException e) {
      return NOTHING;
    }
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  @Test
  void suspendedOriginProxyIsDetectedWhileTheSecondServesAllVisitors() throws Exception {
    Duration deadline = Duration.ofSeconds(6);
    try (var one = answering('1');
        var two = answering('2');
        RemoteProcess remote =
            Launcher.USUAL.remote(
                "--heartbeat=500ms", "--heartbeat-timeout=" + deadline.toMillis() + "ms");
        RoleProcess suspended = remote.origin(one.address(), "--name=one", "--share");
        RoleProcess second = remote.origin(two.address(), "--name=two", "--share")) {
      suspended.line();
      second.line();
      assertThat(List.of(visit(remote), visit(remote))).contains((int) '1', (int) '2');
      suspended.signal("STOP");
      long stopped = System.nanoTime();
      List<Duration> unanswered = new ArrayList<>();
      int served = 0;
      while (remote.role().err().lines("session lost", "one@").isEmpty()) {
        Duration at = since(stopped);
        assertThat(at).as("time until detection").isLessThan(deadline.plus(TOLERANCE));
        switch (visit(remote)) {
          case NOTHING -> unanswered.add(at);
          case '2' -> served += at.compareTo(MAX_DETECTION) > 0 ? 1 : 0;
          default -> throw new AssertionError("unexpected answer");
        }
      }
      System.out.println("detected after " + since(stopped) + "; unanswered at " + unanswered);
      assertThat(unanswered).allMatch(at -> at.compareTo(MAX_DETECTION) < 0);
      assertThat(served).as("served by the second origin proxy before detection").isPositive();
      suspended.signal("CONT");
      Eventually.within(RolePair.LIMIT, () -> assertThat(visit(remote)).isEqualTo('1'));
    }
  }

  @Test
  void secondProcessTakesTheNameOfASuspendedOnePermanently() throws Exception {
    try (var one = answering('1');
        var two = answering('2');
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess suspended = remote.origin(one.address(), "--name=laptop")) {
      suspended.line();
      suspended.signal("STOP");
      long stopped = System.nanoTime();
      try (RoleProcess second = remote.origin(two.address(), "--name=laptop")) {
        second.line();
        assertServedBy('2', remote);
        assertThat(since(stopped)).isLessThan(Timeouts.DEFAULT.heartbeat());
        suspended.signal("CONT");
        RoleProcess.Ended ended = suspended.await();
        assertThat(ended.exit()).isEqualTo(76);
        assertThat(ended.err().lines().filter(line -> line.contains("another process")))
            .singleElement()
            .asString()
            .contains("ERROR", "has logged in as 'laptop' since; give each process a --name");
        assertServedBy('2', remote);
        assertThat(second.process().isAlive()).isTrue();
      }
    }
  }

  @Test
  void supersededProcessIsRejectedEvenIfItWasNotNotified() throws Exception {
    byte[] instance = Handshake.newInstance();
    try (RemoteProcess remote = Launcher.PLAIN.remote();
        var first = new ScriptedOrigin(remote.control(), "127.0.0.1");
        var other = new ScriptedOrigin(remote.control(), "127.0.0.1");
        var back = new ScriptedOrigin(remote.control(), "127.0.0.1")) {
      first.logIn("laptop", instance, Launcher.SECRET_TEXT);
      assertThat(first.offer("default").refusal()).isEmpty();
      other.logIn("laptop", Handshake.newInstance(), Launcher.SECRET_TEXT);
      assertThat(other.offer("default").refusal()).isEmpty();
      back.logIn("laptop", instance, Launcher.SECRET_TEXT);
      assertThatThrownBy(() -> back.offer("default"))
          .hasMessageContaining("another process has logged in as 'laptop' since");
    }
  }

  private static void assertServedBy(int letter, RemoteProcess remote) throws IOException {
    for (int i = 0; i < 10; i++) {
      assertThat(visit(remote)).isEqualTo(letter);
    }
  }

  @Test
  void suspendedOriginProxyWithoutASecretLosesItsServiceToAnother() throws Exception {
    try (var one = answering('1');
        var two = answering('2');
        RemoteProcess remote = Launcher.OPEN.remote();
        RoleProcess suspended =
            Launcher.OPEN.origin(remote.control(), one.address(), "--name=one")) {
      suspended.line();
      assertServedBy('1', remote);
      suspended.signal("STOP");
      long stopped = System.nanoTime();
      try (RoleProcess second =
          Launcher.OPEN.origin(remote.control(), two.address(), "--name=two")) {
        second.line();
        assertServedBy('2', remote);
        assertThat(since(stopped)).isLessThan(Timeouts.DEFAULT.heartbeat());
      }
    }
  }

  @Test
  void suspendedRemoteProxyIsDetectedAndServesAgainWhenResumed() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin =
            remote.origin(
                server.address(),
                "--heartbeat=500ms",
                "--heartbeat-timeout=2s",
                "--handshake-timeout=1s")) {
      origin.line();
      remote.role().signal("STOP");
      long stopped = System.nanoTime();
      origin.err().await("session lost");
      assertThat(since(stopped)).isLessThan(Duration.ofSeconds(2).plus(TOLERANCE));
      origin.err().await("no handshake within 1s");
      remote.role().signal("CONT");
      origin.line();
      remote.assertServes();
    }
  }
}
