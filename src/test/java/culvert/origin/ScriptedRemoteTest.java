package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.RefusedReason;
import culvert.testing.BareLogin;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The origin role against a remote proxy that says exactly what the test tells it to. */
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
  void joins() throws Exception {
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
    BareLogin.accept(self, origin.getInputStream(), origin.getOutputStream());
    assertThat(hear()).isEqualTo(new Message.Offer("default"));
  }

  @AfterEach
  void leaves() throws Exception {
    origin.close();
    control.close();
    tunnel.close();
    server.close();
  }

  private void say(long stream, Message message) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(out, stream, message);
    origin.getOutputStream().write(out.array(), 0, out.position());
  }

  private void sayData(long stream, byte[] bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + bytes.length);
    Frame.write(out, FrameType.DATA, bytes.length, stream);
    origin.getOutputStream().write(out.put(bytes).array());
  }

  /** The next message, pings left out; data are given as their bytes. */
  private Object hear() throws IOException {
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
  void anOpenForAServiceNeverOfferedIsRefusedAndNothingIsDialled() throws Exception {
    say(1, new Message.Open("other", ADDRESS, ADDRESS));
    var refused = (Message.Refused) hear();
    assertThat(refused.reason()).isEqualTo(RefusedReason.NO_SERVICE);
    assertThat(server.accepted()).isZero();
  }

  @Test
  void earlyBytesReachTheServerAndTheAnswerFollowsTheAcceptance() throws Exception {
    say(0, new Message.Offered("default", List.of("127.0.0.1:9"), ""));
    say(1, new Message.Open("default", ADDRESS, ADDRESS));
    sayData(1, new byte[] {1, 2, 3});
    say(1, new Message.HalfClose());
    assertThat(hear()).isEqualTo(new Message.Accepted());
    assertThat((byte[]) hear()).containsExactly(1, 2, 3);
    assertThat(hear()).isEqualTo(new Message.HalfClose());
  }

  @Test
  void aMessageThatIsNotForItEndsTheSessionInWords() throws Exception {
    say(0, new Message.Offer("default"));
    var bye = (Message.Bye) hear();
    assertThat(bye.text()).contains("a message of the origin side's, sent to it");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
    tunnel.awaitLog("session not started", "a message of the origin side's");
  }

  @Test
  void anAddressThatIsNoneAndAnAnswerToNoOfferEndTheSessionNotTheProcess() throws Exception {
    say(0, new Message.Offered("default", List.of("x"), ""));
    assertThat(((Message.Bye) hear()).text()).contains("OFFERED with an address that is none");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void anAnswerToNoOfferEndsTheSession() throws Exception {
    say(0, new Message.Offered("forged\nline", List.of("127.0.0.1:9"), ""));
    assertThat(((Message.Bye) hear()).text()).contains("a service that was not offered");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }

  @Test
  void theLossOfTheLegResetsTheOriginServersConnections() throws Exception {
    say(1, new Message.Open("default", ADDRESS, ADDRESS));
    assertThat(hear()).isEqualTo(new Message.Accepted());
    origin.close();
    tunnel.awaitLog("relay ended", "reason=link-lost");
    assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
  }
}
