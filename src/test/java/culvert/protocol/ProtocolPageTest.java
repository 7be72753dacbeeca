package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks that the protocol page lists every frame type with its code, and the vectors it quotes.
 */
class ProtocolPageTest {

  /** A line of a vector: a part of a frame in hexadecimal digits. */
  private static final Pattern VECTOR = Pattern.compile("[0-9a-f]{2}[0-9a-f ]*");

  private static final Path PAGE = Path.of("src/site/markdown/protocol.md");

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void pageListsFrameTypeWithItsCode(FrameType type) throws IOException {
    assertThat(Files.readString(PAGE))
        .contains(String.format("\n| %s | %02x |", type.name(), type.code()));
  }

  @ParameterizedTest
  @EnumSource(Feature.class)
  void pageListsFeatureWithItsBit(Feature feature) throws IOException {
    int bit = Integer.numberOfTrailingZeros(Feature.field(Set.of(feature)));
    assertThat(Files.readString(PAGE).toLowerCase(Locale.ROOT))
        .contains("\n| " + bit + " | " + feature.name().toLowerCase(Locale.ROOT) + " |");
  }

  /** Every frame of the vectors is decoded, and encoded again. */
  @Test
  void vectorsOfThePageAreFramesOfThisCode() throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(vectors());
    var types = new ArrayList<FrameType>();
    while (bytes.hasRemaining()) {
      int start = bytes.position();
      Frame frame = Frame.read(bytes);
      types.add(frame.type());
      ByteBuffer payload = bytes.slice(bytes.position(), frame.length());
      bytes.position(bytes.position() + frame.length());
      if (frame.type() == FrameType.DATAGRAM) {
        assertThat(frame.length()).isEqualTo(3);
      } else {
        Message message = Message.read(frame, payload);
        assertThat(MessageGoldenTest.bytes(frame.stream(), message))
            .isEqualTo(Arrays.copyOfRange(bytes.array(), start, bytes.position()));
      }
    }
    assertThat(types)
        .containsExactly(
            FrameType.CLIENT,
            FrameType.HELLO,
            FrameType.CHALLENGE,
            FrameType.PROOF,
            FrameType.PROOF,
            FrameType.HELLO,
            FrameType.REVOKED,
            FrameType.HEALTH,
            FrameType.OPEN,
            FrameType.OPEN_FLOW,
            FrameType.DATAGRAM,
            FrameType.RESET);
  }

  /** Returns the bytes of all vectors of the page. */
  static byte[] vectors() throws IOException {
    return MessageGoldenTest.hex(
        Files.readAllLines(PAGE).stream()
            .filter(VECTOR.asMatchPredicate())
            .collect(Collectors.joining()));
  }
}
