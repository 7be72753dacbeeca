package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks that the protocol page lists every frame type with its code. */
class ProtocolPageTest {

  private static final Path PAGE = Path.of("src/site/markdown/protocol.md");

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void pageListsFrameTypeWithItsCode(FrameType type) throws IOException {
    assertThat(Files.readString(PAGE))
        .contains(String.format("\n| %s | %02x |", type.name(), type.code()));
  }
}
