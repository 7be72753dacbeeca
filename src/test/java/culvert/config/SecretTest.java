package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretTest {

  @TempDir private Path folder;

  @Test
  void neverPrintsItself() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "hunter2");
    assertThat(Secret.of("hunter2")).hasToString("***");
    assertThat(Secret.read(file)).hasToString("***");
    assertThat(Optional.of(Secret.of("hunter2")).toString()).doesNotContain("hunter2");
  }

  @Test
  void theKeyIsTheTextInUtf8() {
    assertThat(Secret.of(" schlüssel ").key().getEncoded())
        .isEqualTo(" schlüssel ".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aFileIsTheSameSecretAsItsTextWithoutTheSpaceAroundIt() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), " \t hunter 2\r\n\n");
    assertThat(Secret.read(file).key()).isEqualTo(Secret.of("hunter 2").key());
  }

  @Test
  void anEmptyTextIsNoSecret() {
    assertThatThrownBy(() -> Secret.of(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the secret is empty");
  }

  @Test
  void anEmptyFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("blank"), " \n");
    assertThatThrownBy(() -> Secret.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the secret file " + file + " is empty");
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("missing");
    assertThatThrownBy(() -> Secret.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot read the secret file " + file);
  }

  @Test
  void aFolderIsNamed() {
    assertThatThrownBy(() -> Secret.read(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(folder.toString());
  }

  @Test
  void theLongestFileIsReadAndALongerOneIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("long"), "x".repeat(4096));
    assertThat(Secret.read(file).key().getEncoded()).hasSize(4096);
    Files.writeString(file, "x".repeat(4097));
    assertThatThrownBy(() -> Secret.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the secret file " + file + " is longer than 4096 bytes");
  }

  @Test
  void aFileThatIsNotTextIsNamedAndNotQuoted() throws IOException {
    Path file = Files.write(folder.resolve("binary"), new byte[] {'h', 'u', 'n', (byte) 0xff});
    assertThatThrownBy(() -> Secret.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .satisfies(e -> {
          var stack = new StringWriter();
          e.printStackTrace(new PrintWriter(stack));
          assertThat(stack.toString()).doesNotContain("hun\ufffd");
        });
  }
}
