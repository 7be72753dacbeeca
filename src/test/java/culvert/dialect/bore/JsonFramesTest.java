package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Frames with the limits of bore, for any segmentation of their bytes. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class JsonFramesTest {

  private static final Optional<ClientMessage> HELLO = Optional.of(new ClientMessage.Hello(80));

  private static void send(Loopback pair, String text) throws IOException {
    pair.near().output().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String padded(int bytes) {
    String hello = "{\"Hello\":80}";
    return " ".repeat(bytes - hello.length()) + hello;
  }

  @Test
  void frameIsTextAndZeroByte() throws Exception {
    try (var pair = Loopback.open()) {
      new JsonFrames(pair.near()).write(new ClientMessage.Hello(80), new ClientMessage.Hello(0));
      pair.near().closeOutput();
      assertThat(pair.far().input().readAllBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("{\"Hello\":80}\0{\"Hello\":0}\0");
      new JsonFrames(pair.far()).write(new ServerMessage.Heartbeat());
      pair.far().closeOutput();
      assertThat(pair.near().input().readAllBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("\"Heartbeat\"\0");
    }
  }

  @Test
  void framesAreReadOneByOneForAnySegmentation() throws Exception {
    try (var pair = Loopback.open()) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (char c : "{\"Hello\":80}\0{\"Hello\":80}\0".toCharArray()) {
                    send(pair, String.valueOf(c));
                  }
                  send(pair, "{\"Hello\":80}\0{\"Hello\":80}\0");
                  pair.near().closeOutput();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      var frames = new JsonFrames(pair.far());
      for (int i = 0; i < 4; i++) {
        assertThat(frames.readClientMessage()).isEqualTo(HELLO);
      }
      assertThat(frames.readClientMessage()).isEmpty();
      writer.join();
    }
  }

  @Test
  void frameOf256BytesIsAccepted() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, padded(256) + "\0" + padded(256) + "\0");
      var frames = new JsonFrames(pair.far());
      assertThat(frames.readClientMessage()).isEqualTo(HELLO);
      assertThat(frames.readClientMessage()).isEqualTo(HELLO);
    }
  }

  @Test
  void frameOf257BytesIsTooLong() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, padded(257) + "\0");
      assertThatThrownBy(() -> new JsonFrames(pair.far()).readClientMessage())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("frame error, invalid byte length");
    }
  }

  /**
   * Reported without further bytes: a sender that never ends the frame would otherwise be read
   * forever.
   */
  @Test
  void tooLongFrameIsRejectedBeforeItsZero() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, "*".repeat(257));
      assertThatThrownBy(() -> new JsonFrames(pair.far()).readClientMessage())
          .hasMessage("frame error, invalid byte length");
    }
  }

  @Test
  void bytesBeforeEndOfStreamAreTheLastFrame() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, "{\"Hello\":80}");
      pair.near().closeOutput();
      var frames = new JsonFrames(pair.far());
      assertThat(frames.readClientMessage()).isEqualTo(HELLO);
      assertThat(frames.readClientMessage()).isEmpty();
    }
  }

  @Test
  void nullIsReadAsEndOfStream() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, "null\0");
      assertThat(new JsonFrames(pair.far()).readClientMessage()).isEmpty();
    }
  }

  @Test
  void emptyFrameIsRejected() throws Exception {
    try (var pair = Loopback.open()) {
      send(pair, "\0");
      assertThatThrownBy(() -> new JsonFrames(pair.far()).readClientMessage())
          .hasMessage("unable to parse message");
    }
  }

  @Test
  void bytesAfterLastFrameBelongToTheConnection() throws Exception {
    try (var pair = Loopback.open()) {
      var id = UUID.randomUUID();
      send(pair, new ClientMessage.Accept(id).json() + "\0early\0");
      var frames = new JsonFrames(pair.far());
      assertThat(frames.readClientMessage()).contains(new ClientMessage.Accept(id));
      send(pair, " and late");
      pair.near().closeOutput();
      Connection rest = frames.rest();
      assertThat(rest.input().readAllBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("early\0 and late");
    }
  }
}
