package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseKeyPairTest {

  private static final HexFormat HEX = HexFormat.of();

  /** RFC 7748, section 6.1. */
  @Test
  void keysOfTheRfcYieldItsPublicKeysAndSecret() throws Exception {
    var alice = pair("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    var bob = pair("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    assertThat(HEX.formatHex(alice.publicKey()))
        .isEqualTo("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    assertThat(HEX.formatHex(bob.publicKey()))
        .isEqualTo("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assertThat(HEX.formatHex(alice.agree(bob.publicKey())))
        .isEqualTo("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assertThat(bob.agree(alice.publicKey())).isEqualTo(alice.agree(bob.publicKey()));
  }

  private static NoiseKeyPair pair(String hex) {
    return NoiseKeyPair.ofPrivate(HEX.parseHex(hex));
  }

  /** The pair in the test settings of rathole. */
  @Test
  void textFormsAreThoseOfRathole() {
    var pair = NoiseKeyPair.ofPrivateText("kQiSRtS3bs8BoGCJYgFnl1FLrTG1lV53Dj8jSjmg8tE=");
    assertThat(pair.publicText()).isEqualTo("mEnUEACy9UrTBmwoCJb6fcKWBRdvfD9XzuBVsroOLFg=");
    assertThat(pair.privateText()).isEqualTo("kQiSRtS3bs8BoGCJYgFnl1FLrTG1lV53Dj8jSjmg8tE=");
    assertThat(NoiseKeyPair.publicOfText(pair.publicText())).isEqualTo(pair.publicKey());
  }

  @Test
  void generatedPairIsRestoredFromItsText() throws Exception {
    for (int i = 0; i < 100; i++) {
      var pair = NoiseKeyPair.generate();
      var restored = NoiseKeyPair.ofPrivateText(pair.privateText());
      assertThat(pair.privateText()).hasSize(44);
      assertThat(restored.publicText()).isEqualTo(pair.publicText()).hasSize(44);
      assertThat(restored.agree(HandshakePair.UNKNOWN.publicKey()))
          .isEqualTo(HandshakePair.UNKNOWN.agree(pair.publicKey()));
    }
  }

  @Test
  void twoGeneratedPairsDiffer() {
    assertThat(NoiseKeyPair.generate().publicKey())
        .isNotEqualTo(NoiseKeyPair.generate().publicKey());
  }

  @Test
  void textFormContainsOnlyThePublicKey() {
    var pair = NoiseKeyPair.generate();
    var scalar = HEX.formatHex(Base64.getDecoder().decode(pair.privateText()));
    assertThat(pair.toString())
        .contains(pair.publicText())
        .doesNotContain(pair.privateText())
        .doesNotContainIgnoringCase(scalar);
    assertThat(HandshakePair.keys(HandshakePair.PROTOCOLS.get(3), true).toString())
        .doesNotContain(HandshakePair.INITIATOR.privateText());
  }

  @Test
  void returnedPublicKeyIsACopy() {
    var pair = NoiseKeyPair.ofPrivate(HandshakePair.filled(7));
    String before = pair.publicText();
    pair.publicKey()[0] ^= 1;
    assertThat(pair.publicText()).isEqualTo(before);
  }

  /** All encodings of points of low order with 255 bits, and some with the most significant bit. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      })
  void publicKeyOfLowOrderIsRejected(String point) {
    assertThatThrownBy(() -> HandshakePair.INITIATOR.agree(HEX.parseHex(point)))
        .isInstanceOf(NoiseException.class)
        .hasMessage("the peer's public key is of low order");
  }

  @Test
  void mostSignificantBitOfAPublicKeyIsIgnored() throws Exception {
    byte[] marked = HandshakePair.RESPONDER.publicKey();
    marked[31] |= (byte) 0x80;
    assertThat(HandshakePair.INITIATOR.agree(marked))
        .isEqualTo(HandshakePair.INITIATOR.agree(HandshakePair.RESPONDER.publicKey()));
  }

  @Test
  void keyOfAnotherLengthIsRejected() {
    assertThatThrownBy(() -> NoiseKeyPair.ofPrivate(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the private key has 31 bytes (required: 32)");
    assertThatThrownBy(() -> NoiseKeyPair.publicOfText("AAAA"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the public key has 3 bytes (required: 32)");
  }

  @Test
  void textThatIsNotBase64IsRejectedAndNotRepeated() {
    assertThatThrownBy(() -> NoiseKeyPair.ofPrivateText("not~base64"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the private key is not base64")
        .hasNoCause();
  }
}
