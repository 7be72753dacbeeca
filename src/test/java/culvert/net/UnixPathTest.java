package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of a Unix socket's address. */
class UnixPathTest {

  @ParameterizedTest
  @ValueSource(strings = {"unix:/run/app.sock", "unix:app.sock", "unix:/a b=c:1", "unix:/\u00e4"})
  void pathHasTheTextThatItWasParsedFrom(String text) {
    assertThat(UnixPath.parse(text)).hasToString(text);
    assertThat(ServerAddress.parse(text, HostPort::parse)).isEqualTo(UnixPath.parse(text));
  }

  @Test
  void otherTextIsHostAndPort() {
    assertThat(ServerAddress.parse("unix.example:1", HostPort::parse))
        .isEqualTo(new HostPort("unix.example", 1));
  }

  /** A host with this name is written in another way, such as with a dot at its end. */
  @Test
  void hostWithTheNameOfThePrefixIsAPath() {
    assertThat(ServerAddress.parse("unix:80", HostPort::parse)).isEqualTo(new UnixPath("80"));
  }

  @Test
  void longestPathCanBeBound(@TempDir Path folder) throws Exception {
    int free = UnixPath.MAX_BYTES - folder.toString().length() - 1;
    var longest = new UnixPath(folder + "/" + "a".repeat(free));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(server.bind(longest.socket()).getLocalAddress()).isEqualTo(longest.socket());
    }
    assertThatThrownBy(() -> new UnixPath(longest.path() + "a"))
        .hasMessage("expected unix:PATH, with a PATH of 1 to 106 bytes");
    assertThatThrownBy(() -> new UnixPath("\u00e4".repeat(54)))
        .as("characters of two bytes")
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix:", "unix:/a\n", "unix:\0abstract", "/run/app.sock"})
  void otherFormsAreInvalid(String text) {
    assertThatThrownBy(() -> UnixPath.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
