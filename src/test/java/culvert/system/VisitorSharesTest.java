package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ConnectionLimits;
import culvert.config.ResourceLimits;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.KeepAliveProbe;
import culvert.testing.LeakCheck;
import culvert.testing.Pace;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Visitors that wait, stay idle, or come in numbers from one address. Both roles in one JVM. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class VisitorSharesTest {

  private static final String SECRET = "a b c";
  private static final Duration SOON = Duration.ofSeconds(10);

  private static ResourceLimits opens(int ofSession, int ofService) {
    ResourceLimits usual = ResourceLimits.DEFAULT;
    return new ResourceLimits(
        usual.streams(), ofSession, ofService, usual.streamBytes(), usual.bufferedBytes());
  }

  private static void reset(Socket visitor) throws IOException {
    visitor.setSoLinger(true, 0);
    visitor.close();
  }

  private static long dials() {
    return Threads.live().stream().filter(name -> name.endsWith(" for default")).count();
  }

  private static void awaitGone(RolePair tunnel, long atRemote, long atOrigin) throws Exception {
    Eventually.within(
        SOON,
        () -> {
          assertThat(tunnel.remote().counters().get(Counter.VISITORS_GONE)).isEqualTo(atRemote);
          assertThat(tunnel.origin().counters().get(Counter.VISITORS_GONE)).isEqualTo(atOrigin);
          assertThat(tunnel.remote().visitors()).isZero();
          assertThat(dials()).isZero();
        });
  }

  @Test
  void resetOfAWaitingVisitorCancelsItsDialAtOnce() throws Exception {
    try (var server = new UnansweredAddress();
        var tunnel = RolePair.to(HostPort.of(server.address()))) {
      Socket visitor = tunnel.visit();
      visitor.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      Eventually.within(SOON, () -> assertThat(dials()).isEqualTo(1));
      reset(visitor);
      awaitGone(tunnel, 1, 1);
      assertThat(tunnel.origin().counters().get(Counter.OPENS_FAILED)).isZero();
    }
  }

  @Test
  void lossOfTheLinkDoesNotCountWaitingVisitorsAsGone() throws Exception {
    try (var server = new UnansweredAddress();
        var tunnel =
            RolePair.overFaultyLink(HostPort.of(server.address()), new RolePair.Options());
        Socket visitor = tunnel.visit()) {
      Eventually.within(SOON, () -> assertThat(dials()).isEqualTo(1));
      tunnel.link().breakAll();
      Eventually.within(SOON, () -> assertThat(dials()).isZero());
      assertThat(tunnel.origin().counters().get(Counter.VISITORS_GONE)).isZero();
      visitor.setSoLinger(true, 0);
    }
  }

  /** Its OPEN has not been sent, so that nothing reads its bytes but the watch. */
  @Test
  void resetOfAQueuedVisitorIsNoticedAtOnce() throws Exception {
    var options = new RolePair.Options().bounds(opens(1, 256));
    try (var server = new UnansweredAddress();
        var tunnel = RolePair.to(HostPort.of(server.address()), options)) {
      Socket first = tunnel.visit();
      Eventually.within(SOON, () -> assertThat(dials()).isEqualTo(1));
      Socket queued = tunnel.visit();
      queued.getOutputStream().write(1);
      Eventually.within(SOON, () -> assertThat(tunnel.remote().visitors()).isEqualTo(2));
      reset(queued);
      Eventually.within(SOON, () -> assertThat(tunnel.remote().visitors()).isEqualTo(1));
      reset(first);
      awaitGone(tunnel, 2, 1);
    }
  }

  @Test
  void queuedVisitorThatHalfClosedIsServed() throws Exception {
    var options = new RolePair.Options().bounds(opens(1, 256)).connectTimeout(SOON);
    try (var silent = new UnansweredAddress();
        var tunnel = RolePair.to(HostPort.of(silent.address()), options)) {
      Socket first = tunnel.visit();
      Eventually.within(SOON, () -> assertThat(dials()).isEqualTo(1));
      try (Socket queued = tunnel.visit()) {
        queued.getOutputStream().write(1);
        queued.shutdownOutput();
        Eventually.within(SOON, () -> assertThat(tunnel.remote().visitors()).isEqualTo(2));
        reset(first);
        // Its dial starts once the first one is cancelled: an end of the input is no disconnect.
        Eventually.within(
            SOON,
            () -> {
              assertThat(tunnel.remote().counters().get(Counter.VISITORS_GONE)).isEqualTo(1);
              assertThat(tunnel.origin().counters().get(Counter.VISITORS_GONE)).isEqualTo(1);
              assertThat(dials()).isEqualTo(1);
            });
        queued.setSoLinger(true, 0);
      }
    }
  }

  @Test
  void visitorBeyondTheLimitOfAServerThatDoesNotAnswerIsResetAtOnce() throws Exception {
    var options = new RolePair.Options().bounds(opens(512, 2)).everyLine();
    List<Socket> visitors = new ArrayList<>();
    try (var server = new UnansweredAddress();
        var tunnel = RolePair.to(HostPort.of(server.address()), options)) {
      visitors.add(tunnel.visit());
      visitors.add(tunnel.visit());
      Eventually.within(
          SOON,
          () -> {
            visitors.add(tunnel.visit());
            assertThat(tunnel.remote().counters().get(Counter.VISITORS_BUSY)).isPositive();
          });
      tunnel.awaitLog("visitor reset", "2 visitors wait, and the origin server accepts none");
      assertThatThrownBy(() -> visitors.getLast().getInputStream().read())
          .isInstanceOf(SocketException.class);
      for (Socket visitor : visitors) {
        reset(visitor);
      }
    }
  }

  /** The scripted origin proxy accepts 64 streams and answers none. */
  @Test
  void idleVisitorsOfOneServiceLeaveStreamsOfTheSessionForAnother() throws Exception {
    var options = new RolePair.Options().secrets(SECRET, SECRET).plain();
    List<Socket> visitors = new ArrayList<>();
    try (var roles = new SeparateRoles();
        var remote = roles.remote(options, "web=127.0.0.1:0", "ssh=127.0.0.1:0");
        var origin = new ScriptedOrigin(remote.controlAddress(), "127.0.0.1")) {
      origin.logInCurrent("scripted", Handshake.newInstance(), SECRET);
      origin.send(0, new Message.Offer("web"));
      origin.send(0, new Message.Offer("ssh"));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive()).isInstanceOf(Message.Offered.class);
      assertThat(origin.receive()).isInstanceOf(Message.Offered.class);
      for (int i = 0; i < 64; i++) {
        visitors.add(TestClient.dial(remote.outsideAddresses().get("web")));
      }
      Eventually.within(
          SOON,
          () -> assertThat(remote.counters().get(Counter.VISITORS_UNSERVED)).isEqualTo(64 / 4));
      visitors.add(TestClient.dial(remote.outsideAddresses().get("ssh")));
      awaitOpen(origin, "ssh");
      for (Socket visitor : visitors) {
        reset(visitor);
      }
    }
  }

  /** Its visitors have flows. */
  @Test
  void udpServiceReservesNoStreamsOfTheSession() throws Exception {
    var options = new RolePair.Options().secrets(SECRET, SECRET).plain();
    List<Socket> visitors = new ArrayList<>();
    try (var roles = new SeparateRoles();
        var remote = roles.remote(options, "web=127.0.0.1:0", "dns=udp:127.0.0.1:0");
        var origin = new ScriptedOrigin(remote.controlAddress(), "127.0.0.1")) {
      origin.logInCurrent("scripted", Handshake.newInstance(), SECRET);
      origin.send(0, new Message.Offer("web"));
      origin.send(0, new Message.Offer("dns/udp"));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive()).isInstanceOf(Message.Offered.class);
      assertThat(origin.receive()).isInstanceOf(Message.Offered.class);
      for (int i = 0; i < 65; i++) {
        visitors.add(TestClient.dial(remote.outsideAddresses().get("web")));
      }
      Eventually.within(
          SOON,
          () -> {
            assertThat(remote.counters().get(Counter.VISITORS_UNSERVED)).isEqualTo(1);
            assertThat(remote.visitors()).isEqualTo(64);
          });
      for (Socket visitor : visitors) {
        reset(visitor);
      }
    }
  }

  private static void awaitOpen(ScriptedOrigin origin, String service) throws IOException {
    while (!(origin.receive() instanceof Message.Open open && open.service().equals(service))) {
      // An open of another service, or a PING.
    }
  }

  @Test
  void relayWithoutBytesIsClosedAfterTheIdleTimeout() throws Exception {
    var options = new RolePair.Options().idle(Duration.ofMillis(300));
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = tunnel.visit()) {
      TestClient.assertEchoes(visitor, "hello");
      assertThatThrownBy(() -> visitor.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      tunnel.awaitLog("relay ended", "reason=idle");
    }
  }

  @Test
  void relayThatMovesBytesOutlivesTheIdleTimeout() throws Exception {
    var options = new RolePair.Options().idle(Duration.ofSeconds(1));
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = tunnel.visit()) {
      long until = System.nanoTime() + Duration.ofMillis(2500).toNanos();
      while (System.nanoTime() < until) {
        TestClient.assertEchoes(visitor, "hello");
        Pace.pause(Duration.ofMillis(50));
      }
    }
  }

  /** A host that vanished from the network sends no end; its place was held for two hours. */
  @Test
  void visitorAndOriginServerAreProbedByKeepAlive() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      TestClient.assertEchoes(visitor, "hello");
      KeepAliveProbe.assertDue(6, 60, tunnel.outside().port(), visitor.getLocalPort());
      KeepAliveProbe.assertDue(6, 60, KeepAliveProbe.ANY, server.address().port());
    }
  }

  @Test
  void visitorsWithOneAddressInTheProxyHeaderAreLimited() throws Exception {
    var options =
        new RolePair.Options()
            .proxyHeaderFromLoopback()
            .everyLine()
            .admission(new ConnectionLimits(10, 2, 10, 10, 10));
    List<Socket> visitors = new ArrayList<>();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options)) {
      for (int i = 0; i < 2; i++) {
        visitors.add(visitFrom("192.0.2.1", tunnel));
        TestClient.assertEchoes(visitors.getLast(), "hello");
      }
      Socket third = visitFrom("192.0.2.1", tunnel);
      visitors.add(third);
      assertThatThrownBy(() -> third.getInputStream().read()).isInstanceOf(SocketException.class);
      tunnel.awaitLog("visitor reset", "the limit of 2 visitors from one address is reached");
      visitors.add(visitFrom("192.0.2.2", tunnel));
      TestClient.assertEchoes(visitors.getLast(), "hello");
      assertThat(tunnel.remote().counters().get(Counter.VISITORS_OVER_LIMIT)).isEqualTo(1);
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  private static Socket visitFrom(String address, RolePair tunnel) throws IOException {
    Socket visitor = tunnel.visit();
    String header = "PROXY TCP4 " + address + " 198.51.100.1 4711 80\r\n";
    visitor.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
    return visitor;
  }
}
