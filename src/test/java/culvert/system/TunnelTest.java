package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RefusingPort;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both roles in one JVM, observed by a visitor and an origin server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TunnelTest {

  private static final int MEGABYTE = 1 << 20;
  private static final String SECRET = "a b c";

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void visitorReachesTheOriginServer() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(ascii("hello"));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).isEqualTo(ascii("hello"));
      tunnel.awaitLog("DEBUG", "visitor connected", "visitor=127.0.0.1:", "service=default");
      tunnel.awaitLog("relay ended", "in=5", "out=5", "reason=done");
    }
  }

  @Test
  void visitorReceivesAMegabyteAfterAHalfClose() throws Exception {
    try (var server =
            new TestServer(c -> {
              c.getInputStream().readAllBytes();
              c.getOutputStream().write(new byte[MEGABYTE]);
            });
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(1);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).hasSize(MEGABYTE);
    }
  }

  @Test
  void visitorCanSendAfterTheOriginServerHalfCloses() throws Exception {
    var upload = new CompletableFuture<Integer>();
    try (var server =
            new TestServer(c -> {
              c.shutdownOutput();
              upload.complete(c.getInputStream().readAllBytes().length);
            });
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      assertThat(visitor.getInputStream().read()).isEqualTo(-1);
      visitor.getOutputStream().write(new byte[MEGABYTE]);
      visitor.shutdownOutput();
      assertThat(upload.get(30, TimeUnit.SECONDS)).isEqualTo(MEGABYTE);
    }
  }

  @Test
  void originServerThatSendsFirstReachesTheVisitorAtOnce() throws Exception {
    try (var server =
            new TestServer(c -> {
              c.getOutputStream().write(ascii("220 ready\r\n"));
              c.getInputStream().read();
            });
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      assertThat(visitor.getInputStream().readNBytes(11)).isEqualTo(ascii("220 ready\r\n"));
    }
  }

  @Test
  void interruptedDownloadIsNeverReportedAsComplete() throws Exception {
    try (var server =
            new TestServer(c -> {
              c.getInputStream().read();
              c.getOutputStream().write(new byte[1000]);
              c.setSoLinger(true, 0);
            });
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(1);
      assertThatThrownBy(() -> visitor.getInputStream().readAllBytes())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      tunnel.awaitLog("relay ended", "reason=origin-reset");
    }
  }

  @Test
  void visitorResetReachesTheOriginServer() throws Exception {
    var seen = new CompletableFuture<Exception>();
    var started = new CountDownLatch(1);
    try (var server =
            new TestServer(c -> {
              try {
                c.getInputStream().read();
                started.countDown();
                c.getInputStream().readAllBytes();
                seen.complete(new IOException("a clean end"));
              } catch (IOException e) {
                seen.complete(e);
              }
            });
        var tunnel = RolePair.to(server.address())) {
      Socket visitor = tunnel.visit();
      visitor.getOutputStream().write(1);
      assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
      visitor.setSoLinger(true, 0);
      visitor.close();
      assertThat(seen.get(30, TimeUnit.SECONDS)).hasMessageContaining("reset");
      tunnel.awaitLog("relay ended", "reason=visitor-reset");
    }
  }

  @Test
  void refusedOriginConnectionResetsTheVisitorAndIsLogged() throws Exception {
    try (var refusing = new RefusingPort();
        var tunnel = RolePair.to(refusing.address());
        Socket visitor = tunnel.visit()) {
      assertThatThrownBy(() -> visitor.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      tunnel.awaitLog(
          "visitor reset", "reason=refused", refusing.address() + ": Connection refused");
      tunnel.awaitLog("origin server not reached", refusing.address() + ": Connection refused");
      assertThat(tunnel.origin().counters().get(Counter.VISITORS_GONE)).isZero();
    }
  }

  @Test
  void visitorWithoutASessionIsResetAndLogged() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = new RolePair(server.address(), new RolePair.Options())) {
      try (Socket visitor = tunnel.visit()) {
        assertThatThrownBy(() -> visitor.getInputStream().read())
            .isInstanceOf(SocketException.class);
      }
      tunnel.awaitLog("visitor reset", "no origin proxy serves 'default' now");
      tunnel.join();
    }
  }

  @Test
  void originServerThatNeverAcceptsCausesTheOpenTimeout() throws Exception {
    try (var full = new ServerSocket(0, 1);
        var filler = new Socket("127.0.0.1", full.getLocalPort());
        var filler2 = new Socket("127.0.0.1", full.getLocalPort());
        var tunnel =
            RolePair.to(
                new HostPort("127.0.0.1", full.getLocalPort()),
                new RolePair.Options().openTimeout(Duration.ofMillis(300)));
        Socket visitor = tunnel.visit()) {
      assertThat(filler.isConnected() && filler2.isConnected()).isTrue();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      tunnel.awaitLog("visitor reset", "reason=open-timeout", "no connection within 300ms");
    }
  }

  @Test
  void idleHalfClosedRelayIsClosed() throws Exception {
    try (var server =
            new TestServer(c -> {
              c.getInputStream().readAllBytes();
              c.getInputStream().read();
              Thread.currentThread().join(Duration.ofMinutes(1));
            });
        var tunnel =
            RolePair.to(
                server.address(), new RolePair.Options().halfClose(Duration.ofMillis(200)));
        Socket visitor = tunnel.visit()) {
      visitor.shutdownOutput();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      tunnel.awaitLog("relay ended", "half-closed-silent");
    }
  }

  /**
   * A slow download, or one that was paused. The buffer of the visitor is small, so that the rest
   * waits at the remote proxy; the origin proxy has nothing left to send.
   */
  @Test
  void visitorThatPausesLongerThanTheHalfCloseTimeoutReceivesTheWholeAnswer() throws Exception {
    var options = new RolePair.Options().halfClose(Duration.ofMillis(300));
    try (var server =
            new TestServer(c -> {
              c.getOutputStream().write(new byte[2 * MEGABYTE]);
              c.shutdownOutput();
              c.getInputStream().readAllBytes();
            });
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = new Socket()) {
      visitor.setReceiveBufferSize(16 * 1024);
      visitor.connect(new InetSocketAddress(tunnel.outside().host(), tunnel.outside().port()));
      assertThat(visitor.getInputStream().readNBytes(MEGABYTE)).hasSize(MEGABYTE);
      tunnel.awaitLog("relay ended", "half-closed-silent");
      assertThat(visitor.getInputStream().readAllBytes()).hasSize(MEGABYTE);
    }
  }

  /** Version 0.1.0 resets the stream when its half-close timeout has passed. */
  @Test
  void resetBehindTheEndOfAResponseDoesNotCutIt() throws Exception {
    int bytes = 16_000;
    var options = new RolePair.Options().secrets(SECRET, SECRET).plain();
    try (var roles = new SeparateRoles();
        var remote = roles.remote(options, "default=127.0.0.1:0");
        var origin = new ScriptedOrigin(remote.controlAddress(), "127.0.0.1")) {
      origin.logIn("scripted", Handshake.newInstance(), SECRET);
      origin.offer("default");
      try (Socket visitor = TestClient.dial(remote.outsideAddresses().get("default"))) {
        assertThat(origin.receive()).isInstanceOf(Message.Open.class);
        ByteBuffer answer = ByteBuffer.allocate(2 * bytes);
        Message.write(answer, 1, new Message.Accepted());
        Frame.write(answer, FrameType.DATA, bytes, 1);
        answer.position(answer.position() + bytes);
        Message.write(answer, 1, new Message.HalfClose());
        Message.write(answer, 1, new Message.Reset(StreamResetReason.BROKEN));
        origin.send(Arrays.copyOf(answer.array(), answer.position()));
        assertThat(visitor.getInputStream().readAllBytes()).hasSize(bytes);
        roles.awaitLog("relay ended", "reason=origin-reset");
      }
    }
  }

  @Test
  void visitorOverTheLimitIsReset() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().maxVisitors(1));
        Socket first = tunnel.visit()) {
      first.getOutputStream().write('a');
      assertThat(first.getInputStream().read()).isEqualTo('a');
      try (Socket second = tunnel.visit()) {
        assertThatThrownBy(() -> second.getInputStream().read())
            .isInstanceOf(SocketException.class);
      }
      first.getOutputStream().write('b');
      assertThat(first.getInputStream().read()).isEqualTo('b');
      assertThat(tunnel.remote().counters().get(Counter.VISITORS_OVER_LIMIT)).isEqualTo(1);
    }
  }

  @Test
  void visitorAddressIsSentInAProxyHeader() throws Exception {
    for (ProxyHeader.Version version : ProxyHeader.Version.values()) {
      var seen = new CompletableFuture<String>();
      try (var server =
              new TestServer(c -> {
                InputStream in = c.getInputStream();
                seen.complete(String.valueOf(ProxyHeader.read(in).orElseThrow()));
                c.getOutputStream().write(in.read());
              });
          var tunnel = RolePair.to(server.address(), new RolePair.Options().proxyHeader(version));
          Socket visitor = tunnel.visit()) {
        visitor.getOutputStream().write('x');
        assertThat(visitor.getInputStream().read()).isEqualTo('x');
        assertThat(seen.get(30, TimeUnit.SECONDS))
            .isEqualTo("/127.0.0.1:" + visitor.getLocalPort());
      }
    }
  }

  @Test
  void loadBalancerHeaderDeterminesTheVisitorAddress() throws Exception {
    var options =
        new RolePair.Options()
            .proxyHeaderFromLoopback()
            .proxyHeader(ProxyHeader.Version.V1)
            .handshake(Duration.ofSeconds(20));
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = tunnel.visit()) {
      OutputStream out = visitor.getOutputStream();
      out.write(ascii("PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\nping"));
      visitor.shutdownOutput();
      String echoed =
          new String(visitor.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(echoed).startsWith("PROXY TCP4 192.0.2.7 127.0.0.1 4711 ").endsWith("\r\nping");
      tunnel.awaitLog("relay ended", "visitor=192.0.2.7:4711");
    }
  }

  @Test
  void visitorOfAListedNetworkWithoutAHeaderIsReset() throws Exception {
    try (var server = TestServer.echo();
        var tunnel =
            RolePair.to(server.address(), new RolePair.Options().proxyHeaderFromLoopback());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(ascii("GET / HTTP/1.1\r\n\r\n"));
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      tunnel.awaitLog("visitor reset", "required PROXY header is missing");
    }
  }

  @Test
  void mismatchedSecretsAreRejectedWithAReason() throws Exception {
    assertRejected("right", "wrong", "the secret is wrong");
    assertRejected("right", null, "the remote proxy requires the secret");
    assertRejected(null, "right", "the remote proxy has no secret, so it cannot decrypt");
  }

  private static void assertRejected(String ofRemote, String ofOrigin, String reason)
      throws Exception {
    var options = new RolePair.Options().secrets(ofRemote, ofOrigin);
    try (var server = TestServer.echo();
        var tunnel = new RolePair(server.address(), options)) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      tunnel.awaitLog("login refused by remote proxy", reason);
      tunnel.awaitLog("origin proxy rejected", reason);
      assertThat(tunnel.log()).doesNotContain("right").doesNotContain("=wrong");
    }
  }

  @Test
  void visitorIsServedWithoutASecret() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().secrets(null, null));
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write('a');
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
    }
  }

  @Test
  void unknownServiceIsDeclinedWithTheListOfServices() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = new RolePair(server.address(), new RolePair.Options().offered("nas"))) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.DECLINED);
      tunnel.awaitLog(
          "service declined", "the remote proxy has no service 'nas'; it has [default]");
    }
  }

  @Test
  void stoppingRemoteProxyResetsItsVisitorsAndSendsTheReason() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address());
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write('a');
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
      tunnel.remote().close();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
      tunnel.awaitLog("session lost", "the remote proxy is stopping");
    }
  }

  @Test
  void allBuffersAndBudgetsAreReturned() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address())) {
      try (Socket visitor = tunnel.visit()) {
        Thread writer =
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    visitor.getOutputStream().write(new byte[16 * MEGABYTE]);
                    visitor.shutdownOutput();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
        assertThat(visitor.getInputStream().readAllBytes()).hasSize(16 * MEGABYTE);
        writer.join();
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            assertThat(tunnel.remote().borrowedBuffers()).isZero();
            assertThat(tunnel.origin().borrowedBuffers()).isZero();
            // Each link's reader keeps a small buffer while the link is open.
            assertThat(tunnel.remote().heldBytes()).isLessThan(32 * 1024);
            assertThat(tunnel.origin().heldBytes()).isLessThan(32 * 1024);
          });
    }
  }
}
