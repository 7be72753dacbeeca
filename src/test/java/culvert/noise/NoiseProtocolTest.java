package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseProtocolTest {

  @Test
  void everySupportedProtocolIsFoundByItsName() {
    for (String pattern : new String[] {"NN", "NK", "XX", "KK", "NNpsk0"}) {
      for (String cipher : new String[] {"ChaChaPoly", "AESGCM"}) {
        for (String hash : new String[] {"BLAKE2s", "SHA256"}) {
          String name = "Noise_" + pattern + "_25519_" + cipher + "_" + hash;
          assertThat(NoiseProtocol.parse(name).name()).isEqualTo(name);
          assertThat(NoiseProtocol.parse(name)).hasToString(name);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Noise_IK_25519_AESGCM_SHA256      | pattern "IK"      | NN, NK, XX, KK, NNpsk0
          Noise_NKpsk2_25519_AESGCM_SHA256  | pattern "NKpsk2"  | NN, NK, XX, KK, NNpsk0
          Noise_nn_25519_AESGCM_SHA256      | pattern "nn"      | NN, NK, XX, KK, NNpsk0
          Noise__25519_AESGCM_SHA256        | pattern ""        | NN, NK, XX, KK, NNpsk0
          Noise_NK_448_AESGCM_SHA256        | key agreement "448" | 25519
          Noise_NK_25519_AESCTR_SHA256      | cipher "AESCTR"   | ChaChaPoly, AESGCM
          Noise_NK_25519_AESGCM_SHA512      | hash "SHA512"     | BLAKE2s, SHA256
          """)
  void errorNamesUnsupportedPartAndSupportedChoices(String name, String wrong, String supported) {
    assertThatThrownBy(() -> NoiseProtocol.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the Noise %s of %s is not supported; choose from: %s"
                .formatted(wrong, name, supported));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "NK",
        "noise_NK_25519_AESGCM_SHA256",
        "Noise_NK_25519_AESGCM",
        "Noise_NK_25519_AESGCM_SHA256_",
      })
  void textThatIsNoProtocolNameIsRejected(String name) {
    assertThatThrownBy(() -> NoiseProtocol.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("\"" + name + "\" is not a Noise protocol name");
  }

  @ParameterizedTest
  @CsvSource({
    "NN,     false, false, false, false, false",
    "NK,     false, true,  true,  false, false",
    "XX,     true,  false, true,  false, false",
    "KK,     true,  true,  true,  true,  false",
    "NNpsk0, false, false, false, false, true",
  })
  void patternDeterminesTheRequiredKeys(
      String pattern,
      boolean initiatorLocal,
      boolean initiatorRemote,
      boolean responderLocal,
      boolean responderRemote,
      boolean psk) {
    var protocol = NoiseProtocol.parse("Noise_" + pattern + "_25519_AESGCM_SHA256");
    assertThat(protocol.isLocalKeyRequired(true)).isEqualTo(initiatorLocal);
    assertThat(protocol.isRemoteKeyRequired(true)).isEqualTo(initiatorRemote);
    assertThat(protocol.isLocalKeyRequired(false)).isEqualTo(responderLocal);
    assertThat(protocol.isRemoteKeyRequired(false)).isEqualTo(responderRemote);
    assertThat(protocol.isPskRequired()).isEqualTo(psk);
    assertThat(protocol.isRemoteKeySent(true)).isEqualTo(pattern.equals("XX"));
    assertThat(protocol.isRemoteKeySent(false)).isEqualTo(pattern.equals("XX"));
  }
}
