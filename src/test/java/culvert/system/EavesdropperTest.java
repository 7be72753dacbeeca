package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TapLink;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
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

/** What somebody who records the link can read in it, and do with it. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class EavesdropperTest {

  private static final String PAYLOAD = "words between a visitor and a server";
  private static final String NAME = "somebodys-laptop";
  private static final String SERVICE = "default";

  @TempDir private Path folder;

  /** What must not be read, by what it is; one visitor's bytes went through the tunnel. */
  private record Recording(Map<String, byte[]> secrets, byte[] up, byte[] down) {

    boolean tells(String what) {
      return contains(up, secrets.get(what)) || contains(down, secrets.get(what));
    }

    private static boolean contains(byte[] all, byte[] part) {
      String text = new String(all, StandardCharsets.ISO_8859_1);
      return text.contains(new String(part, StandardCharsets.ISO_8859_1));
    }
  }

  private Recording record(TransportVariant wrapping) throws Exception {
    var link = new AtomicReference<TapLink>();
    try (var server = TestServer.echo();
        var tunnel =
            RolePair.over(
                control -> {
                  link.set(new TapLink(control));
                  return link.get();
                },
                server.address(),
                wrapping.options(folder).name(NAME));
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
  void nothingOfAVisitorCanBeRead(TransportVariant wrapping) throws Exception {
    Recording recording = record(wrapping);
    assertThat(recording.up().length + recording.down().length).isGreaterThan(500);
    for (String what : recording.secrets().keySet()) {
      assertThat(recording.tells(what)).as(what).isFalse();
    }
  }

  /** So that the test above looks for what would be there. */
  @Test
  void onABareLinkAllButTheSecretCan() throws Exception {
    Recording recording = record(TransportVariant.PLAIN);
    for (String what : recording.secrets().keySet()) {
      assertThat(recording.tells(what)).as(what).isEqualTo(!what.equals("secret"));
    }
  }

  /** Nothing is created, and nobody is evicted, by a login that somebody else has said. */
  @ParameterizedTest
  @EnumSource
  void aRecordedSessionPlayedAgainDoesNothing(TransportVariant wrapping) throws Exception {
    var link = new AtomicReference<TapLink>();
    try (var server = TestServer.echo();
        var tunnel =
            RolePair.over(
                control -> {
                  link.set(new TapLink(control));
                  return link.get();
                },
                server.address(),
                wrapping.options(folder));
        Socket visitor = tunnel.visit()) {
      echoes(visitor);
      byte[] recorded = link.get().up();
      for (int i = 0; i < 3; i++) {
        play(tunnel, recorded);
      }
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(rejected(tunnel)).as("all were noticed").isEqualTo(3));
      echoes(visitor);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS)).isEqualTo(1);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS_SUPERSEDED)).isZero();
      assertThat(tunnel.origin().counters().get(Counter.SESSIONS_SILENT)).isZero();
    }
  }

  private static void echoes(Socket visitor) throws IOException {
    visitor.getOutputStream().write('a');
    assertThat(visitor.getInputStream().read()).isEqualTo('a');
  }

  private static void play(RolePair tunnel, byte[] recorded) throws IOException {
    try (var stranger = TestClient.dial(tunnel.remote().controlAddress())) {
      stranger.getOutputStream().write(recorded);
      stranger.shutdownOutput();
      stranger.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // It was hung up on.
    }
  }

  private static long rejected(RolePair tunnel) {
    var counters = tunnel.remote().counters();
    return counters.get(Counter.PROTOCOL_ERRORS) + counters.get(Counter.REFUSED_PEERS);
  }
}
