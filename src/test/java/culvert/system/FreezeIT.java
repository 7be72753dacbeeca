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
  private static final Duration AVOIDED = Duration.ofMillis(3000);

  private static TestServer answering(int letter) throws IOException {
    return new TestServer(c -> {
      c.getInputStream().read();
      c.getOutputStream().write(letter);
    });
  }

  /** Returns the answer to a new visitor. */
  private static int ask(RemoteProcess remote) throws IOException {
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
        RoleProcess frozen = remote.origin(one.address(), "--name=one");
        RoleProcess twin = remote.origin(two.address(), "--name=two")) {
      frozen.line();
      twin.line();
      assertThat(List.of(ask(remote), ask(remote))).contains((int) '1', (int) '2');
      frozen.signal("STOP");
      long stopped = System.nanoTime();
      List<Duration> stranded = new ArrayList<>();
      int served = 0;
      while (remote.role().err().lines("session lost", "one@").isEmpty()) {
        Duration at = since(stopped);
        assertThat(at).as("time until detection").isLessThan(deadline.plus(TOLERANCE));
        switch (ask(remote)) {
          case NOTHING -> stranded.add(at);
          case '2' -> served += at.compareTo(AVOIDED) > 0 ? 1 : 0;
          default -> throw new AssertionError("unexpected answer");
        }
      }
      System.out.println("detected after " + since(stopped) + "; stranded at " + stranded);
      assertThat(stranded).allMatch(at -> at.compareTo(AVOIDED) < 0);
      assertThat(served).as("served by the second origin proxy before detection").isPositive();
      frozen.signal("CONT");
      Eventually.within(RolePair.LIMIT, () -> assertThat(ask(remote)).isEqualTo('1'));
    }
  }

  @Test
  void secondProcessTakesTheNameOfASuspendedOnePermanently() throws Exception {
    try (var one = answering('1');
        var two = answering('2');
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess frozen = remote.origin(one.address(), "--name=laptop")) {
      frozen.line();
      frozen.signal("STOP");
      long stopped = System.nanoTime();
      try (RoleProcess second = remote.origin(two.address(), "--name=laptop")) {
        second.line();
        assertServedBy('2', remote);
        assertThat(since(stopped)).isLessThan(Timeouts.DEFAULT.heartbeat());
        frozen.signal("CONT");
        RoleProcess.Ended ended = frozen.await();
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
        var deaf = new ScriptedOrigin(remote.control(), "127.0.0.1");
        var other = new ScriptedOrigin(remote.control(), "127.0.0.1");
        var back = new ScriptedOrigin(remote.control(), "127.0.0.1")) {
      deaf.logIn("laptop", instance, Launcher.SECRET_TEXT);
      assertThat(deaf.offer("default").refusal()).isEmpty();
      other.logIn("laptop", Handshake.newInstance(), Launcher.SECRET_TEXT);
      assertThat(other.offer("default").refusal()).isEmpty();
      back.logIn("laptop", instance, Launcher.SECRET_TEXT);
      assertThatThrownBy(() -> back.offer("default"))
          .hasMessageContaining("another process has logged in as 'laptop' since");
    }
  }

  private static void assertServedBy(int letter, RemoteProcess remote) throws IOException {
    for (int i = 0; i < 10; i++) {
      assertThat(ask(remote)).isEqualTo(letter);
    }
  }

  @Test
  void suspendedOriginProxyWithoutASecretLosesItsServiceToAnother() throws Exception {
    try (var one = answering('1');
        var two = answering('2');
        RemoteProcess remote = Launcher.OPEN.remote();
        RoleProcess frozen = Launcher.OPEN.origin(remote.control(), one.address(), "--name=one")) {
      frozen.line();
      assertServedBy('1', remote);
      frozen.signal("STOP");
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
