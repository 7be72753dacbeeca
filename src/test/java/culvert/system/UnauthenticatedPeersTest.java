package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.Secret;
import culvert.config.TlsClientSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.Frame;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.PeerNames;
import culvert.testing.BareLogin;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import culvert.transport.Transport;
import culvert.transport.stack.TransportStack;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Behaviour of a control port towards peers that are not valid origin proxies. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnauthenticatedPeersTest {

  private static final int FAILED_LOGINS = 5;

  /** A request that is not one for a WebSocket, and more bytes. */
  private static final byte[] INVALID_UPGRADE =
      ("GET /other HTTP/1.1\r\nHost: x\r\n\r\n" + "x".repeat(8000))
          .getBytes(StandardCharsets.US_ASCII);

  private static final BufferPool POOL = new BufferPool();

  @TempDir private Path folder;

  private static Socket connect(RolePair tunnel, String text) throws IOException {
    Socket socket = TestClient.dial(tunnel.remote().controlAddress());
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  private static String answer(Socket peer) throws IOException {
    try (peer) {
      return new String(peer.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** Closes its connection below the transport, as a login does that fails. */
  private static void sendUnanswered(Transport dialling, HostPort control, byte[] bytes)
      throws IOException {
    try (Connection carrier = new Dialer(POOL).connect(control, RolePair.LIMIT)) {
      Connection connection = dialling.wrap(carrier);
      connection.output().write(bytes);
      connection.input().readAllBytes();
    } catch (EOFException e) {
      // The remote proxy closes below the transport.
    }
  }

  private static Transport dialling(TransportKind kind, OriginSettings settings, HostPort address) {
    return TransportStack.dialling(
        kind,
        settings.tls().orElse(TlsClientSettings.DEFAULT),
        WebSocketSettings.DEFAULT,
        address,
        PeerNames.REMOTE_PROXY,
        POOL,
        message -> {});
  }

  /** Each record that is sent is as long as one may be before the login. */
  @ParameterizedTest
  @EnumSource(names = {"NOISE", "TLS", "WS", "WSS"})
  void failedLoginsOverEachTransportLeaveNothingInTheBudget(TransportVariant transport)
      throws Exception {
    var options = transport.options(folder).secrets(RolePair.SECRET, Secret.generate());
    try (var server = TestServer.echo();
        var tunnel = new RolePair(server.address(), options)) {
      HostPort control = tunnel.remote().controlAddress();
      var settings = options.originSettings(server.address(), new RemoteAddress.Direct(control));
      TransportKind kind = settings.transport().kind(true);
      for (int i = 0; i < FAILED_LOGINS; i++) {
        sendUnanswered(dialling(kind, settings, control), control, new byte[16 * 1024]);
        TransportKind outer = kind.isTls() ? TransportKind.TLS : TransportKind.PLAIN;
        sendUnanswered(dialling(outer, settings, control), control, INVALID_UPGRADE);
      }
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            assertThat(tunnel.remote().heldBytes()).as("of the remote proxy").isZero();
            assertThat(tunnel.origin().heldBytes()).as("of the origin proxy").isZero();
          });
      assertThat(POOL.budget().held()).as("of the clients").isZero();
    }
  }

  private static void assertStillServes(RolePair tunnel) throws IOException {
    try (Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write('a');
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
    }
  }

  @Test
  void foreignProtocolsAreLoggedOnceAndAnsweredInTheirProtocol() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address())) {
      assertThat(answer(connect(tunnel, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")))
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .endsWith("does not serve HTTP.\n");
      tunnel.awaitLog("foreign protocol rejected", "an HTTP client");
      assertThat(answer(connect(tunnel, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc")))
          .isEqualTo("\u0015\u0003\u0001\u0000\u0002\u0002\n");
      assertThat(answer(connect(tunnel, "SSH-2.0-OpenSSH_9.2\r\n"))).contains("SSH");
      assertThat(answer(connect(tunnel, "{\"Hello\":0}\u0000"))).startsWith("{\"Error\":\"");
      assertThat(answer(connect(tunnel, "\u0000\u0000\u0000\u0000\u0001" + "x".repeat(32))))
          .isEmpty();
      assertThat(tunnel.log().lines().filter(line -> line.contains("foreign protocol rejected")))
          .as("one line per source and period")
          .hasSize(1);
      assertThat(tunnel.remote().counters().get(Counter.FOREIGN_PEERS)).isEqualTo(5);
      assertThat(tunnel.remote().counters().get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(4);
      assertStillServes(tunnel);
    }
  }

  @Test
  void silentConnectionTimesOutWithoutDelayingOthers() throws Exception {
    var options = new RolePair.Options().handshake(Duration.ofMillis(500));
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        Socket silent = connect(tunnel, "");
        Socket slow = connect(tunnel, "CUL")) {
      assertStillServes(tunnel);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
      assertThat(slow.getInputStream().read()).isEqualTo(-1);
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(tunnel.remote().counters().get(Counter.SLOW_HANDSHAKES)).isEqualTo(2));
      tunnel.awaitLog("handshake not completed", "handshake timeout");
    }
  }

  @Test
  void invalidFrameEndsItsSessionOnly() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().plain());
        Socket peer = connect(tunnel, "")) {
      var self =
          new Handshake.Local(
              Handshake.newInstance(), 1, 1, "peer", List.of(Secret.of(RolePair.SECRET).key()));
      BareLogin.dial(BareLogin.inVersion1(self), peer.getInputStream(), peer.getOutputStream());
      ByteBuffer offer = ByteBuffer.allocate(100);
      Message.write(offer, 0, new Message.Offer("no such service"));
      peer.getOutputStream().write(offer.array(), 0, offer.position());
      peer.getOutputStream().write(new byte[Frame.HEADER_BYTES]);
      peer.getInputStream().readAllBytes();
      tunnel.awaitLog("session failed", "unknown frame type 0x00");
      tunnel.awaitLog("offer declined", "\"no such service\"");
      assertStillServes(tunnel);
    }
  }

  /** An origin proxy that is configured with the address of a web server. */
  @Test
  void foreignServerAtTheRemoteProxysAddressIsLogged() throws Exception {
    try (var web =
            new TestServer(
                c -> c.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes()));
        var tunnel = new RolePair(web.address(), new RolePair.Options(), web.address())) {
      tunnel.join();
      tunnel.end();
      tunnel.awaitLog("session not started", "the peer is a web server (HTTP)");
    }
  }

  /** With a full backlog, a connect blocks until its timeout; a stop must not wait for it. */
  @Test
  void stopDuringAConnectReturnsAtOnce() throws Exception {
    try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var filler = new Socket("127.0.0.1", full.getLocalPort());
        var filler2 = new Socket("127.0.0.1", full.getLocalPort())) {
      assertThat(filler.isConnected() && filler2.isConnected()).isTrue();
      var address = new HostPort("127.0.0.1", full.getLocalPort());
      var tunnel = new RolePair(address, new RolePair.Options(), address);
      tunnel.join();
      tunnel.close();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CLOSED);
    }
  }

  @Test
  void silentRemoteProxyCausesAHandshakeTimeout() throws Exception {
    try (var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var tunnel =
            new RolePair(
                new HostPort("127.0.0.1", 1),
                new RolePair.Options().handshake(Duration.ofMillis(300)),
                new HostPort("127.0.0.1", silent.getLocalPort()))) {
      tunnel.join();
      tunnel.end();
      tunnel.awaitLog("session not started", "no handshake within 300ms");
    }
  }
}
