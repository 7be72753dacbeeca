package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Modified handshake messages: an attacker in between can only make the handshake fail. */
@Timeout(120)
class NoiseTamperTest {

  static final List<NoiseProtocol> ALL = HandshakePair.PROTOCOLS;

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeWithAnyFlippedBitFails(NoiseProtocol protocol) throws Exception {
    List<byte[]> messages = HandshakePair.messages(protocol);
    for (int at = 0; at < messages.size(); at++) {
      for (int bit = 0; bit < 8 * messages.get(at).length; bit++) {
        int chosen = bit;
        assertFails(
            protocol,
            at,
            message -> {
              message[chosen / 8] ^= (byte) (1 << chosen % 8);
              return message;
            },
            "bit " + bit);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeWithATruncatedMessageFails(NoiseProtocol protocol) throws Exception {
    List<byte[]> messages = HandshakePair.messages(protocol);
    for (int at = 0; at < messages.size(); at++) {
      for (int length = 0; length < messages.get(at).length; length++) {
        int chosen = length;
        assertFails(protocol, at, message -> Arrays.copyOf(message, chosen), "cut to " + length);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeWithAnExtendedMessageFails(NoiseProtocol protocol) throws Exception {
    List<byte[]> messages = HandshakePair.messages(protocol);
    for (int at = 0; at < messages.size(); at++) {
      for (int more : new int[] {1, 16, 32, 48}) {
        assertFails(
            protocol,
            at,
            message -> Arrays.copyOf(message, message.length + more),
            more + " bytes more");
      }
      assertFails(protocol, at, message -> Arrays.copyOf(message, 65536), "65536 bytes");
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeWithAReplayedMessageFails(NoiseProtocol protocol) throws Exception {
    List<byte[]> recorded = HandshakePair.messages(protocol);
    for (int at = 0; at < recorded.size(); at++) {
      byte[] replayed = recorded.get(at);
      assertFails(protocol, at, message -> replayed, "replayed");
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void messageReturnedToItsSenderIsRejected(NoiseProtocol protocol) throws Exception {
    var initiator = HandshakePair.of(protocol).initiator();
    byte[] own = initiator.writeMessage(new byte[0]);
    assertThatThrownBy(() -> initiator.readMessage(own)).isInstanceOf(NoiseException.class);
  }

  @Test
  void truncatedMessageIsReported() {
    assertThatThrownBy(() -> HandshakePair.of(ALL.get(0)).responder().readMessage(new byte[31]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 is truncated after 31 bytes");
    assertThatThrownBy(() -> HandshakePair.of(ALL.get(4)).responder().readMessage(new byte[47]))
        .isInstanceOf(NoiseException.class)
        .hasMessageContaining("message 1");
  }

  @Test
  void overlongMessageIsReported() {
    assertThatThrownBy(() -> HandshakePair.of(ALL.get(0)).responder().readMessage(new byte[65536]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 has 65536 bytes (maximum: 65535)");
  }

  private interface Change {
    byte[] of(byte[] message);
  }

  private static void assertFails(NoiseProtocol protocol, int at, Change change, String what) {
    var pair = HandshakePair.quick(protocol);
    assertThatThrownBy(
            () -> pair.run((index, message) -> index == at ? change.of(message) : message))
        .as("message %d, %s", at + 1, what)
        .isInstanceOf(NoiseException.class);
    assertThat(pair.initiator().isDone() && pair.responder().isDone()).isFalse();
  }
}
