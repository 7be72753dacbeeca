package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.setting.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTextTest {

  @TempDir private Path folder;

  /** {@code CULVERT_SECRET="$S"$'\\n'}, an editor's byte order mark, and a line that was pasted. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hunter 2\n",
        "hunter 2\r\n",
        " \thunter 2 ",
        "\ufeffhunter 2",
        "\ufeff hunter 2\n"
      })
  void textAndFileAreStrippedAlike(String given) throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), given);
    assertThat(SecretText.stripped(given)).isEqualTo("hunter 2");
    assertThat(Secret.of(given).key())
        .isEqualTo(Secret.of("hunter 2").key())
        .isEqualTo(Secret.read(Setting.SECRET_FILE, file).key());
    assertThat(BoreSecret.of(given).key()).isEqualTo(BoreSecret.of("hunter 2").key());
  }

  @ParameterizedTest
  @ValueSource(strings = {"hi", "hi\n", "hi\r\n", "\ufeffhi\n"})
  void lineEndOfAuthenticationStringIsIgnoredInTextAndFile(String given) throws IOException {
    Path file = Files.writeString(folder.resolve("auth"), given);
    assertThat(BounceAuthentication.of(given).bytes()).asString().isEqualTo("hi");
    assertThat(BounceAuthentication.read(Setting.AUTH_FILE, file).bytes())
        .asString()
        .isEqualTo("hi");
  }

  @Test
  void whiteSpaceOfAuthenticationStringIsPartOfIt() {
    assertThat(BounceAuthentication.of(" hi \n").bytes()).asString().isEqualTo(" hi ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hunter\\ufffd2 | U+FFFD (REPLACEMENT CHARACTER) at position 7, which stands for bytes"
            + " that",
        "\\u200bhunter2 | U+200B (ZERO WIDTH SPACE) at position 1, which is invisible",
        "hunter2\\u200b | U+200B (ZERO WIDTH SPACE) at position 8, which is invisible",
        "hun\\ufeffter2 | U+FEFF (ZERO WIDTH NO-BREAK SPACE) at position 4",
        "hun\\u00a0ter2 | U+00A0 (NO-BREAK SPACE) at position 4",
        "hun\\u00adter2 | U+00AD (SOFT HYPHEN) at position 4",
        "hun\\u202eter2 | U+202E (RIGHT-TO-LEFT OVERRIDE) at position 4",
        "hun\\ufe0fter2 | U+FE0F (VARIATION SELECTOR-16) at position 4",
        "hun\\u3164ter2 | U+3164 (HANGUL FILLER) at position 4",
        "hun\\u0000ter2 | U+0000 (NULL) at position 4",
        "hun\\tter2 | U+0009 (CHARACTER TABULATION) at position 4",
        "hunter2\\nx | U+000A (LINE FEED (LF)) at position 8",
      })
  void invisibleCharacterIsNamedAndTheSecretIsNot(String escaped, String part) {
    String text = unescape(escaped);
    for (Runnable use :
        new Runnable[] {
          () -> Secret.of(Setting.SECRET, text),
          () -> BoreSecret.of(Setting.SECRET, text),
          () -> BounceAuthentication.of(Setting.SECRET, text)
        }) {
      assertThatThrownBy(use::run)
          .hasMessageStartingWith("--secret: the ")
          .hasMessageContaining(part)
          .hasMessageNotContaining("ter2");
    }
  }

  private static String unescape(String text) {
    var plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\u", i)) {
        plain.append((char) Integer.parseInt(text.substring(i + 2, i + 6), 16));
        i += 5;
      } else {
        plain.append(text.charAt(i));
      }
    }
    return plain.toString().translateEscapes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pässwörd", "秘密のことば", "\uD83D\uDD11 key", "a b", "#'\"$&"})
  void visibleCharactersAreAccepted(String text) {
    assertThat(SecretText.stripped(text)).isEqualTo(text);
  }
}
