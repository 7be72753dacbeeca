package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.setting.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretTest {

  private static final String GENERATED =
      "culvert-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9jDc0p";

  @TempDir private Path folder;

  @Test
  void toStringHidesSecret() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "hunter2");
    assertThat(Secret.of("hunter2")).hasToString("***");
    assertThat(Secret.read(Setting.SECRET_FILE, file)).hasToString("***");
    assertThat(Optional.of(Secret.of("hunter2")).toString()).doesNotContain("hunter2");
  }

  /** Expected value from another implementation: 600,000 rounds, salt "culvert 1 secret". */
  @Test
  void typedTextIsStretchedWithPbkdf2() {
    assertThat(HexFormat.of().formatHex(Secret.of(" schlüssel ").key().getEncoded()))
        .isEqualTo("ff25892255364963c6fe4492ece00f768dc77415d538119c3217f4b0f6a6a663");
  }

  @Test
  void generatedSecretContainsTheKey() {
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    assertThat(Secret.of(GENERATED).key().getEncoded()).isEqualTo(bytes);
  }

  @Test
  void generatedSecretsDifferAndAreValid() {
    String first = Secret.generate();
    assertThat(first)
        .hasSameSizeAs(GENERATED)
        .startsWith("culvert-")
        .isNotEqualTo(Secret.generate());
    assertThat(Secret.of(first).key().getEncoded()).hasSize(32);
  }

  @Test
  void mistypedGeneratedSecretIsRejected() {
    for (int i = "culvert-".length(); i < GENERATED.length(); i++) {
      char other = GENERATED.charAt(i) == 'x' ? 'y' : 'x';
      assertMistyped(GENERATED.substring(0, i) + other + GENERATED.substring(i + 1));
      assertMistyped(GENERATED.substring(0, i) + GENERATED.substring(i + 1));
    }
    assertMistyped(GENERATED + "A");
    assertMistyped(GENERATED.substring(0, 44));
  }

  private static void assertMistyped(String text) {
    assertThatThrownBy(() -> Secret.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the secret has the form of 'culvert keygen', but it is truncated or mistyped");
  }

  @Test
  void typedTextBelow16CharactersIsShort() {
    assertThat(Secret.of("fifteen letters").isShort()).isTrue();
    assertThat(Secret.of("sixteen letters!").isShort()).isFalse();
    assertThat(Secret.of(GENERATED).isShort()).isFalse();
  }

  @Test
  void readIgnoresWhiteSpaceAroundSecret() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), " \t hunter 2\r\n\n");
    assertThat(Secret.read(Setting.SECRET_FILE, file).key()).isEqualTo(Secret.of("hunter 2").key());
  }

  @Test
  void emptyTextIsRejected() {
    assertThatThrownBy(() -> Secret.of(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the secret is empty");
  }

  @Test
  void messageNamesEmptyFile() throws IOException {
    Path file = Files.writeString(folder.resolve("blank"), " \n");
    assertThatThrownBy(() -> Secret.read(Setting.SECRET_FILE, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--secret-file " + file + ": the secret is empty");
  }

  @Test
  void messageNamesMissingFile() {
    Path file = folder.resolve("missing");
    assertThatThrownBy(() -> Secret.read(Setting.SECRET_FILE, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--secret-file " + file + ": there is no such file");
  }

  @Test
  void messageNamesDirectory() {
    assertThatThrownBy(() -> Secret.read(Setting.SECRET_FILE, folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(folder.toString());
  }

  @Test
  void fileOfMaximumSizeIsReadAndLargerIsRejected() throws IOException {
    Path file = Files.writeString(folder.resolve("long"), "x".repeat(4096));
    assertThat(Secret.read(Setting.SECRET_FILE, file).key().getEncoded()).hasSize(32);
    Files.writeString(file, "x".repeat(4097));
    assertThatThrownBy(() -> Secret.read(Setting.SECRET_FILE, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--secret-file " + file + ": the file exceeds 4 KiB; it is probably the wrong file");
  }

  @Test
  void binaryFileIsNamedAndNotQuoted() throws IOException {
    Path file = Files.write(folder.resolve("binary"), new byte[] {'h', 'u', 'n', (byte) 0xff});
    assertThatThrownBy(() -> Secret.read(Setting.SECRET_FILE, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .satisfies(e -> {
          var stack = new StringWriter();
          e.printStackTrace(new PrintWriter(stack));
          assertThat(stack.toString()).doesNotContain("hun\ufffd");
        });
  }
}
