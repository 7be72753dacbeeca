package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TapLink;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A recording of the link is unreadable, and replaying it has no effect. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class EavesdropperTest {

  private static final String PAYLOAD = "payload between a visitor and a server";
  private static final String NAME = "somebodys-laptop";
  private static final String SERVICE = "default";

  @TempDir private Path folder;

  /** The recorded link of one visitor, and the texts that must not be readable in it, by name. */
  private record Recording(Map<String, byte[]> secrets, byte[] up, byte[] down) {

    boolean contains(String what) {
      return contains(up, secrets.get(what)) || contains(down, secrets.get(what));
    }

    private static boolean contains(byte[] all, byte[] part) {
      String text = new String(all, StandardCharsets.ISO_8859_1);
      return text.contains(new String(part, StandardCharsets.ISO_8859_1));
    }
  }

  /** Returns a tunnel over a link that records its bytes. */
  private static RolePair tapped(
      AtomicReference<TapLink> link, TestServer server, RolePair.Options options) throws Exception {
    return RolePair.over(
        control -> {
          link.set(new TapLink(control));
          return link.get();
        },
        server.address(),
        options);
  }

  private Recording record(TransportVariant transport) throws Exception {
    var link = new AtomicReference<TapLink>();
    try (var server = TestServer.echo();
        var tunnel = tapped(link, server, transport.options(folder).name(NAME));
        Socket visitor = tunnel.visit()) {
      byte[] payload = PAYLOAD.getBytes(StandardCharsets.US_ASCII);
      visitor.getOutputStream().write(payload);
      assertThat(visitor.getInputStream().readNBytes(payload.length)).isEqualTo(payload);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().read()).isEqualTo(-1);
      var secrets = new LinkedHashMap<String, byte[]>();
      secrets.put("payload", payload);
      secrets.put("service", SERVICE.getBytes(StandardCharsets.US_ASCII));
      secrets.put("origin proxy's name", NAME.getBytes(StandardCharsets.US_ASCII));
      secrets.put("visitor's address", visitor.getLocalAddress().getAddress());
      secrets.put(
          "visitor's address and port",
          ByteBuffer.allocate(6)
              .put(visitor.getLocalAddress().getAddress())
              .putShort((short) visitor.getLocalPort())
              .array());
      secrets.put(
          "outside address", tunnel.outside().toString().getBytes(StandardCharsets.US_ASCII));
      secrets.put("secret", RolePair.SECRET.getBytes(StandardCharsets.US_ASCII));
      return new Recording(secrets, link.get().up(), link.get().down());
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PLAIN")
  void recordingRevealsNothingOfAVisitor(TransportVariant transport) throws Exception {
    Recording recording = record(transport);
    assertThat(recording.up().length + recording.down().length).isGreaterThan(500);
    for (String what : recording.secrets().keySet()) {
      assertThat(recording.contains(what)).as(what).isFalse();
    }
  }

  /** Confirms that the test above searches for bytes that an unencrypted link contains. */
  @Test
  void unencryptedRecordingRevealsAllButTheSecret() throws Exception {
    Recording recording = record(TransportVariant.PLAIN);
    for (String what : recording.secrets().keySet()) {
      assertThat(recording.contains(what)).as(what).isEqualTo(!what.equals("secret"));
    }
  }

  /** A replayed login creates no session and evicts none. */
  @ParameterizedTest
  @EnumSource
  void replayedSessionHasNoEffect(TransportVariant transport) throws Exception {
    var link = new AtomicReference<TapLink>();
    try (var server = TestServer.echo();
        var tunnel = tapped(link, server, transport.options(folder));
        Socket visitor = tunnel.visit()) {
      assertEchoes(visitor);
      byte[] recorded = link.get().up();
      for (int i = 0; i < 3; i++) {
        replay(tunnel, recorded);
      }
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(rejected(tunnel)).as("rejected replays").isEqualTo(3));
      assertEchoes(visitor);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS)).isEqualTo(1);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS_SUPERSEDED)).isZero();
      assertThat(tunnel.origin().counters().get(Counter.SESSIONS_SILENT)).isZero();
    }
  }

  private static void assertEchoes(Socket visitor) throws IOException {
    visitor.getOutputStream().write('a');
    assertThat(visitor.getInputStream().read()).isEqualTo('a');
  }

  private static void replay(RolePair tunnel, byte[] recorded) throws IOException {
    try (var stranger = TestClient.dial(tunnel.remote().controlAddress())) {
      stranger.getOutputStream().write(recorded);
      stranger.shutdownOutput();
      stranger.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The remote proxy closed the connection.
    }
  }

  private static long rejected(RolePair tunnel) {
    var counters = tunnel.remote().counters();
    return counters.get(Counter.PROTOCOL_ERRORS) + counters.get(Counter.REFUSED_PEERS);
  }
}
