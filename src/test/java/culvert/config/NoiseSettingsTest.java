package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading of Noise keys, and the keys that each pattern requires on each side. */
class NoiseSettingsTest {

  private static final NoiseKeyPair PAIR = NoiseKeyPair.generate();
  private static final String NO_KEY =
      " is not a key: expected 44 characters of base64, as printed by 'culvert keygen --noise'";

  @TempDir private Path folder;

  private static NoiseSettings settings(String pattern, boolean own, int peers) {
    return new NoiseSettings(
        NoiseProtocol.parse("Noise_" + pattern + "_25519_AESGCM_SHA256"),
        own ? Optional.of(PAIR) : Optional.empty(),
        Collections.nCopies(peers, PAIR.publicKey()));
  }

  private NoiseSettings ofFile(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("noise.key"), text);
    return NoiseSettings.of(Optional.empty(), Optional.of(file), List.of());
  }

  @Test
  void defaultProtocolIsThatOfRathole() {
    assertThat(NoiseSettings.of(Optional.empty(), Optional.empty(), List.of()).protocol().name())
        .isEqualTo("Noise_NK_25519_ChaChaPoly_BLAKE2s");
  }

  @Test
  void readsKeysAsPrintedByKeygen() throws IOException {
    var read = ofFile(" \n" + PAIR.privateText() + "\n");
    assertThat(read.own().orElseThrow().publicText()).isEqualTo(PAIR.publicText());
    var peer = NoiseSettings.of(Optional.empty(), Optional.empty(), List.of(PAIR.publicText()));
    assertThat(peer.peers()).hasSize(1);
    assertThat(peer.peers().getFirst()).isEqualTo(PAIR.publicKey());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hunter2", "!?", "aHVudGVyMg==", "Private Key:"})
  void invalidKeyIsReportedAndNotRepeated(String text) {
    assertThatThrownBy(() -> ofFile(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--noise-key-file " + folder.resolve("noise.key") + NO_KEY)
        .satisfies(e -> assertThat(stack(e)).doesNotContain("hunter2"));
    assertThatThrownBy(() -> NoiseSettings.of(Optional.empty(), Optional.empty(), List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--noise-peer-key" + NO_KEY);
  }

  @Test
  void truncatedAndOverlongKeysAreRejected() {
    String whole = PAIR.privateText();
    for (String text : List.of(whole.substring(0, 40), whole.substring(4), "AAAA" + whole)) {
      assertThatThrownBy(() -> ofFile(text))
          .hasMessageEndingWith(NO_KEY)
          .satisfies(e -> assertThat(stack(e)).doesNotContain(whole.substring(4, 40)));
    }
  }

  private static String stack(Throwable e) {
    var text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void messageNamesUnreadableKeyFile() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> NoiseSettings.of(Optional.empty(), Optional.of(missing), List.of()))
        .hasMessage("--noise-key-file " + missing + ": there is no such file");
    assertThatThrownBy(() -> ofFile("A".repeat(5000)))
        .hasMessage(
            "--noise-key-file "
                + folder.resolve("noise.key")
                + ": the file exceeds 4 KiB; it is probably the wrong file");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 'h', 'u', 'n'});
    assertThatThrownBy(() -> NoiseSettings.of(Optional.empty(), Optional.of(binary), List.of()))
        .hasMessage("--noise-key-file " + binary + ": the file is not text in UTF-8")
        .satisfies(e -> assertThat(stack(e)).doesNotContain("hun"));
  }

  /**
   * Each row: pattern, side, whether it has a key, the number of peer keys, part of the message.
   */
  @ParameterizedTest
  @CsvSource({
    "NK, origin, false, 1,",
    "NK, origin, false, 0, needs --noise-peer-key",
    "NK, origin, true, 1, --noise-key-file has no effect",
    "NK, remote, true, 0,",
    "NK, remote, false, 0, needs --noise-key-file",
    "NK, remote, true, 1, --noise-peer-key has no effect",
    "KK, origin, true, 1,",
    "KK, origin, false, 1, needs --noise-key-file",
    "KK, origin, true, 0, needs --noise-peer-key",
    "KK, remote, true, 3,",
    "KK, remote, true, 9, use XX",
    "KK, remote, true, 0, needs --noise-peer-key",
    "KK, remote, false, 3, needs --noise-key-file",
    "XX, origin, false, 0,",
    "XX, origin, false, 1,",
    "XX, origin, true, 1,",
    "XX, origin, false, 2,",
    "NK, origin, false, 2, give all of them the same key",
    "XX, remote, false, 0,",
    "XX, remote, true, 64,",
    "NNpsk0, origin, false, 0, uses no static keys",
    "NNpsk0, remote, false, 0, uses no static keys"
  })
  void patternRequiresItsKeys(String pattern, String side, boolean own, int peers, String message) {
    NoiseSettings settings = settings(pattern, own, peers);
    boolean dialling = side.equals("origin");
    if (message == null) {
      assertThatCode(() -> settings.check(dialling)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> settings.check(dialling))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(message)
          .hasMessageContaining("--noise-");
    }
  }

  @Test
  void numberOfPeerKeysIsLimited() {
    assertThatThrownBy(() -> settings("XX", true, 1000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("--noise-peer-key is given more than \\d+ times");
  }

  @Test
  void toStringHidesPrivateKey() throws IOException {
    assertThat(ofFile(PAIR.privateText()).toString()).doesNotContain(PAIR.privateText());
  }
}
