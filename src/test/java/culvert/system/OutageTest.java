package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The link fails during bulk, with a reset or silently. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class OutageTest {

  private static final Duration HEARTBEAT = Duration.ofMillis(300);
  private static final Duration TIMEOUT = Duration.ofMillis(1500);
  private static final int SOME_BYTES = 4 << 20;

  private static RolePair.Options options() {
    return new RolePair.Options().heartbeat(HEARTBEAT, TIMEOUT).retrying();
  }

  /** Starts a server that sends endlessly until its connection breaks. */
  private static TestServer endless() throws IOException {
    return new TestServer(connection -> {
      byte[] piece = new byte[1 << 16];
      while (true) {
        connection.getOutputStream().write(piece);
      }
    });
  }

  private static void readAll(Socket visitor) throws IOException {
    byte[] sink = new byte[1 << 16];
    InputStream in = visitor.getInputStream();
    while (in.read(sink) >= 0) {
      // Continue until the end of stream, which must not arrive.
    }
  }

  private static void assertServes(RolePair tunnel) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          try (Socket visitor = tunnel.visit()) {
            assertThat(visitor.getInputStream().read()).isZero();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void resetLinkResetsTheVisitorDuringBulk() throws Exception {
    try (var server = endless();
        var tunnel = RolePair.overFaultyLink(server.address(), options());
        Socket visitor = tunnel.visit()) {
      visitor.getInputStream().skipNBytes(SOME_BYTES);
      tunnel.link().breakAll();
      assertThatThrownBy(() -> readAll(visitor)).isInstanceOf(IOException.class);
      assertServes(tunnel);
    }
  }

  @Test
  void silentLinkIsDetectedOnBothSidesAndItsVisitorIsReset() throws Exception {
    try (var server = endless();
        var tunnel = RolePair.overFaultyLink(server.address(), options());
        Socket visitor = tunnel.visit()) {
      visitor.getInputStream().skipNBytes(SOME_BYTES);
      tunnel.link().silence();
      assertThatThrownBy(() -> readAll(visitor)).isInstanceOf(IOException.class);
      assertServes(tunnel);
      // The remote side received nothing; on the origin side, the link accepted all bytes sent.
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            long remote = tunnel.remote().counters().get(Counter.SESSIONS_SILENT);
            long superseded = tunnel.remote().counters().get(Counter.SESSIONS_SUPERSEDED);
            assertThat(remote + superseded).isEqualTo(1);
            assertThat(tunnel.origin().counters().get(Counter.SESSIONS_SILENT)).isEqualTo(1);
          });
      tunnel.awaitLog("session lost", "nothing received from the peer for 1500ms");
    }
  }

  @Test
  void silentIdleLinkIsDetected() throws Exception {
    try (var server = endless();
        var tunnel = RolePair.overFaultyLink(server.address(), options())) {
      tunnel.link().silence();
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(tunnel.origin().counters().get(Counter.SESSIONS_SILENT)).isEqualTo(1));
      assertServes(tunnel);
    }
  }

  @Test
  void heartbeatsKeepAnIdleLinkOpen() throws Exception {
    try (var server = endless();
        var tunnel = RolePair.overFaultyLink(server.address(), options())) {
      long pause = TIMEOUT.plus(TIMEOUT).toMillis();
      long until = System.currentTimeMillis() + pause;
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(System.currentTimeMillis()).isGreaterThan(until));
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS)).isEqualTo(1);
      assertServes(tunnel);
    }
  }
}
