package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The modes of the files of Unix sockets. */
class SocketModeTest {

  @ParameterizedTest
  @CsvSource({"600,rw-------", "660,rw-rw----", "0666,rw-rw-rw-", "640,rw-r-----", "777,rwxrwxrwx"})
  void digitsArePermissions(String text, String permissions) {
    assertThat(SocketMode.parse(text).permissions())
        .isEqualTo(PosixFilePermissions.fromString(permissions));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "66", "680", "1777", "060", "400", "rw-", "-60", "0x1b0"})
  void otherTextsAreRejected(String text) {
    assertThatThrownBy(() -> SocketMode.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("three octal digits");
  }

  @Test
  void textIsThatOfTheParser() {
    assertThat(SocketMode.parse("0660")).isEqualTo(SocketMode.parse("660")).hasToString("660");
    assertThat(SocketMode.OWNER).hasToString("600");
  }
}
