package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.StreamRefusedReason;
import culvert.testing.BareLogin;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The origin proxy against a remote proxy whose messages the test writes itself. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ScriptedRemoteTest {

  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

  private TestServer server;
  private ServerSocket control;
  private RolePair tunnel;
  private Socket origin;

  @BeforeEach
  void logIn() throws Exception {
    server = TestServer.echo();
    control = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    tunnel =
        new RolePair(
            server.address(),
            new RolePair.Options().secrets(null, null),
            new HostPort("127.0.0.1", control.getLocalPort()));
    tunnel.join();
    origin = control.accept();
    origin.setSoTimeout(30_000);
    var self = new Handshake.Local(Handshake.newInstance(), 9, 9, "", List.of());
    BareLogin.accept(BareLogin.inVersion1(self), origin.getInputStream(), origin.getOutputStream());
    assertThat(receive()).isEqualTo(new Message.Offer("default"));
  }

  @AfterEach
  void close() throws Exception {
    origin.close();
    control.close();
    tunnel.close();
    server.close();
  }

  private void send(long stream, Message message) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(out, stream, message);
    origin.getOutputStream().write(out.array(), 0, out.position());
  }

  private void sendData(long stream, byte[] bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + bytes.length);
    Frame.write(out, FrameType.DATA, bytes.length, stream);
    origin.getOutputStream().write(out.put(bytes).array());
  }

  /** Returns the next message except pings, or the bytes of a DATA frame. */
  private Object receive() throws IOException {
    InputStream in = origin.getInputStream();
    for (; ; ) {
      Frame frame = Frame.read(ByteBuffer.wrap(in.readNBytes(Frame.HEADER_BYTES)));
      byte[] payload = in.readNBytes(frame.length());
      if (frame.type() == FrameType.DATA) {
        return payload;
      }
      if (frame.type() != FrameType.PING) {
        return Message.read(frame, ByteBuffer.wrap(payload));
      }
    }
  }

  @Test
  void openForAServiceThatWasNotOfferedIsRefusedWithoutDialling() throws Exception {
    send(1, new Message.Open("other", ADDRESS, ADDRESS));
    var refused = (Message.Refused) receive();
    assertThat(refused.reason()).isEqualTo(StreamRefusedReason.NO_SERVICE);
    assertThat(server.accepted()).isZero();
  }

  @Test
  void earlyBytesReachTheServerAndItsAnswerFollowsTheAcceptance() throws Exception {
    send(0, new Message.Offered("default", List.of("127.0.0.1:9"), ""));
    send(1, new Message.Open("default", ADDRESS, ADDRESS));
    sendData(1, new byte[] {1, 2, 3});
    send(1, new Message.HalfClose());
    assertThat(receive()).isEqualTo(new Message.Accepted());
    assertThat((byte[]) receive()).containsExactly(1, 2, 3);
    assertThat(receive()).isEqualTo(new Message.HalfClose());
  }

  /** Culvert 0.1.0 has no REGISTER; it takes offers and withdrawals at any time of a session. */
  private void startSession() throws Exception {
    send(0, new Message.Offered("default", List.of("127.0.0.1:9"), ""));
    tunnel.awaitLog("session started");
  }

  /** Changes the services of the settings. */
  private void reload(String... names) {
    RemoteAddress remote = tunnel.origin().settings().remotes().getFirst().address();
    String[] services =
        Stream.of(names).map(name -> name + "=" + server.address()).toArray(String[]::new);
    tunnel
        .origin()
        .reload(new RolePair.Options().secrets(null, null).originSettings(remote, services));
  }

  @Test
  void remoteProxyOfVersion1ReceivesAddedAndRemovedServices() throws Exception {
    startSession();
    reload("default", "ssh");
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
    send(0, new Message.Offered("ssh", List.of(), "no such service"));
    tunnel.awaitLog("service not served", "service=ssh", "no such service");
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
    send(0, new Message.Offered("ssh", List.of("127.0.0.1:8"), ""));
    tunnel.awaitLog("serving visitors", "service=ssh");
    reload("default");
    assertThat(receive()).isEqualTo(new Message.Withdraw("ssh"));
  }

  @Test
  void serviceThatIsDeclinedAgainAndAgainIsLoggedOnce() throws Exception {
    startSession();
    reload("default", "ssh");
    for (int i = 0; i < 3; i++) {
      assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
      send(0, new Message.Offered("ssh", List.of(), "no such service"));
    }
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
    assertThat(tunnel.log().lines().filter(line -> line.contains("not served"))).hasSize(1);
  }

  /** The answer comes after the service was removed again. */
  @Test
  void serviceThatIsRemovedBeforeItsAnswerIsWithdrawnAfterIt() throws Exception {
    startSession();
    reload("default", "ssh");
    reload("default");
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
    send(0, new Message.Offered("ssh", List.of("127.0.0.1:8"), ""));
    assertThat(receive()).isEqualTo(new Message.Withdraw("ssh"));
  }

  /** The rules of a remote proxy change in another thread than that which answers offers. */
  @Test
  void serviceThatIsRevokedBeforeItsAnswerIsOfferedAgain() throws Exception {
    startSession();
    reload("default", "ssh");
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
    send(0, new Message.Revoked("ssh", "not permitted any more"));
    send(0, new Message.Offered("ssh", List.of("127.0.0.1:8"), ""));
    tunnel.awaitLog("service not served", "service=ssh", "not permitted any more");
    send(0, new Message.Revoked("ssh", ""));
    assertThat(receive()).isEqualTo(new Message.Offer("ssh"));
  }

  /** Version 1 has no features. The echo server answers no request. */
  @Test
  void healthIsNotReportedToARemoteProxyThatDoesNotSupportIt() throws Exception {
    send(0, new Message.Offered("default", List.of("127.0.0.1:9"), ""));
    tunnel.awaitLog("session started");
    var options = new RolePair.Options().secrets(null, null).healthChecks(Rules.check("http:/"));
    RemoteAddress remote = tunnel.origin().settings().remotes().getFirst().address();
    tunnel.origin().reload(options.originSettings(server.address(), remote));
    tunnel.awaitLog("health not reported", "service=default", "does not support it");
    send(1, new Message.Open("default", ADDRESS, ADDRESS));
    assertThat(receive()).isEqualTo(new Message.Accepted());
  }

  @Test
  void revocationOfAServiceThatIsNotOfferedChangesNothing() throws Exception {
    send(0, new Message.Offered("default", List.of("127.0.0.1:9"), ""));
    send(0, new Message.Revoked("other", "not permitted any more"));
    send(1, new Message.Open("default", ADDRESS, ADDRESS));
    assertThat(receive()).isEqualTo(new Message.Accepted());
  }

  @Test
  void messageForTheOtherRoleEndsTheSessionWithAReason() throws Exception {
    send(0, new Message.Offer("default"));
    var bye = (Message.Bye) receive();
    assertThat(bye.text()).contains("only origin proxies send it");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
    tunnel.awaitLog("session not started", "only origin proxies send it");
  }

  @Test
  void invalidAddressEndsTheSession() throws Exception {
    send(0, new Message.Offered("default", List.of("x"), ""));
    assertThat(((Message.Bye) receive()).text()).contains("invalid address in OFFERED");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void answerWithoutAnOfferEndsTheSession() throws Exception {
    send(0, new Message.Offered("forged\nline", List.of("127.0.0.1:9"), ""));
    assertThat(((Message.Bye) receive()).text()).contains("a service that was not offered");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void lossOfTheLinkResetsTheOriginServersConnections() throws Exception {
    send(1, new Message.Open("default", ADDRESS, ADDRESS));
    assertThat(receive()).isEqualTo(new Message.Accepted());
    origin.close();
    tunnel.awaitLog("relay ended", "reason=link-lost");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }
}
