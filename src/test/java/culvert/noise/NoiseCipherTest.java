package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Seed;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NoiseCipherTest {

  private static final byte[] KEY = HandshakePair.filled(0x42);

  private static NoiseCipher cipher(Aead aead) {
    return new NoiseCipher(aead, KEY, 0);
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void messagesOfAllSizesOpenInAnyBuffers(Aead aead) throws Exception {
    var random = Seed.random("NoiseCipherTest sizes " + aead);
    var sealing = cipher(aead);
    var opening = cipher(aead);
    for (int i = 0; i < 300; i++) {
      int size =
          i == 0 ? 0 : i == 1 ? NoiseCipher.MAX_PAYLOAD_BYTES : random.nextInt(1 << i % 16 + 1);
      var payload = new byte[Math.min(size, NoiseCipher.MAX_PAYLOAD_BYTES)];
      random.nextBytes(payload);
      ByteBuffer plain = buffer(random.nextBoolean(), payload.length);
      plain.duplicate().put(payload);
      ByteBuffer message = buffer(random.nextBoolean(), payload.length + NoiseCipher.TAG_BYTES);
      int start = message.position();
      sealing.encrypt(plain, message);
      assertThat(plain.remaining()).isZero();
      assertThat(message.position() - start).isEqualTo(payload.length + NoiseCipher.TAG_BYTES);
      message.position(start);
      ByteBuffer opened = buffer(random.nextBoolean(), payload.length);
      start = opened.position();
      opening.decrypt(message, opened);
      assertThat(message.remaining()).isZero();
      var got = new byte[payload.length];
      assertThat(opened.position() - start).isEqualTo(payload.length);
      opened.position(start).get(got);
      assertThat(got).as("message %d of %d bytes", i, size).isEqualTo(payload);
    }
  }

  /** One that starts somewhere within. */
  private static ByteBuffer buffer(boolean direct, int bytes) {
    var buffer = direct ? ByteBuffer.allocateDirect(bytes + 9) : ByteBuffer.allocate(bytes + 9);
    return buffer.position(5).limit(bytes + 5);
  }

  @ParameterizedTest
  @EnumSource
  void thePayloadIsBounded(Aead aead) throws Exception {
    byte[] most = random(NoiseCipher.MAX_PAYLOAD_BYTES);
    assertThat(most).hasSize(65519);
    var sealing = cipher(aead);
    byte[] message = VectorMessages.sealed(sealing, most);
    assertThat(message).hasSize(NoiseCipher.MAX_MESSAGE_BYTES).hasSize(65535);
    assertThat(VectorMessages.opened(cipher(aead), message)).isEqualTo(most);
    assertThatThrownBy(() -> VectorMessages.sealed(sealing, new byte[65520]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a Noise message holds at most 65519 bytes, not 65520");
    assertThatThrownBy(() -> VectorMessages.opened(cipher(aead), new byte[65536]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise transport message 1 has 65536 bytes: 16 to 65535 are possible");
  }

  @ParameterizedTest
  @EnumSource
  void aRefusedPayloadCostsNoNumber(Aead aead) throws Exception {
    var sealing = cipher(aead);
    assertThatThrownBy(() -> VectorMessages.sealed(sealing, new byte[65520]))
        .isInstanceOf(IllegalArgumentException.class);
    var tight = ByteBuffer.allocate(115);
    assertThatThrownBy(() -> sealing.encrypt(ByteBuffer.allocate(100), tight))
        .isInstanceOf(BufferOverflowException.class);
    byte[] payload = random(100);
    assertThat(VectorMessages.opened(cipher(aead), VectorMessages.sealed(sealing, payload)))
        .isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void roomThatIsTooSmallToOpenInCostsNothing(Aead aead) throws Exception {
    byte[] payload = random(100);
    byte[] message = VectorMessages.sealed(cipher(aead), payload);
    var opening = cipher(aead);
    assertThatThrownBy(() -> opening.decrypt(ByteBuffer.wrap(message), ByteBuffer.allocate(99)))
        .isInstanceOf(BufferOverflowException.class);
    assertThat(VectorMessages.opened(opening, message)).isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void noFlippedBitOpensAndNothingOfItIsLeft(Aead aead) throws Exception {
    byte[] payload = random(100);
    byte[] message = VectorMessages.sealed(cipher(aead), payload);
    var opening = cipher(aead);
    for (int bit = 0; bit < 8 * message.length; bit++) {
      byte[] flipped = message.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      for (boolean direct : new boolean[] {false, true}) {
        ByteBuffer out = direct ? ByteBuffer.allocateDirect(120) : ByteBuffer.allocate(120);
        out.position(10);
        assertThatThrownBy(() -> opening.decrypt(ByteBuffer.wrap(flipped), out))
            .as("bit %d", bit)
            .isInstanceOf(NoiseException.class)
            .hasMessage("Noise transport message 1 does not verify");
        assertThat(out.position()).isEqualTo(10);
        var left = new byte[120];
        out.get(0, left);
        assertThat(left).containsOnly(0);
      }
    }
    assertThat(VectorMessages.opened(opening, message)).isEqualTo(payload);
  }

  /** Large ones go other ways through the JDK's ciphers than small ones. */
  @ParameterizedTest
  @EnumSource
  void nothingIsLeftOfALargeMessageThatDoesNotVerify(Aead aead) throws Exception {
    byte[] payload = random(NoiseCipher.MAX_PAYLOAD_BYTES);
    byte[] message = VectorMessages.sealed(cipher(aead), payload);
    message[message.length - 1] ^= 1;
    for (boolean direct : new boolean[] {false, true}) {
      ByteBuffer out = direct ? ByteBuffer.allocateDirect(65536) : ByteBuffer.allocate(65536);
      ByteBuffer sealed = direct ? ByteBuffer.allocateDirect(65535) : ByteBuffer.allocate(65535);
      sealed.put(message).flip();
      assertThatThrownBy(() -> cipher(aead).decrypt(sealed, out))
          .isInstanceOf(NoiseException.class);
      var left = new byte[65536];
      out.get(0, left);
      assertThat(left).isEqualTo(new byte[65536]);
      assertThat(out.position()).isZero();
      assertThat(sealed.remaining()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTruncatedMessageDoesNotOpen(Aead aead) {
    byte[] message = VectorMessages.sealed(cipher(aead), random(50));
    var opening = cipher(aead);
    for (int length = 0; length < message.length; length++) {
      byte[] cut = Arrays.copyOf(message, length);
      assertThatThrownBy(() -> VectorMessages.opened(opening, cut))
          .isInstanceOf(NoiseException.class)
          .hasMessage(
              length < 16
                  ? "Noise transport message 1 has " + length + " bytes: 16 to 65535 are possible"
                  : "Noise transport message 1 does not verify");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReplayedMessageDoesNotOpenAndTheNextOneDoes(Aead aead) throws Exception {
    var sealing = cipher(aead);
    var opening = cipher(aead);
    byte[] first = VectorMessages.sealed(sealing, random(20));
    byte[] second = VectorMessages.sealed(sealing, random(30));
    VectorMessages.opened(opening, first);
    assertThatThrownBy(() -> VectorMessages.opened(opening, first))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise transport message 2 does not verify");
    assertThat(VectorMessages.opened(opening, second)).isEqualTo(random(30));
    assertThatThrownBy(() -> VectorMessages.opened(opening, second))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @EnumSource
  void messagesOutOfOrderDoNotOpen(Aead aead) throws Exception {
    var sealing = cipher(aead);
    var opening = cipher(aead);
    byte[] first = VectorMessages.sealed(sealing, random(20));
    byte[] second = VectorMessages.sealed(sealing, random(20));
    assertThatThrownBy(() -> VectorMessages.opened(opening, second))
        .isInstanceOf(NoiseException.class);
    assertThat(VectorMessages.opened(opening, first)).isEqualTo(random(20));
  }

  @ParameterizedTest
  @EnumSource
  void nothingOpensBehindADroppedMessage(Aead aead) {
    var sealing = cipher(aead);
    var opening = cipher(aead);
    VectorMessages.sealed(sealing, random(20));
    for (int i = 0; i < 10; i++) {
      byte[] later = VectorMessages.sealed(sealing, random(20));
      assertThatThrownBy(() -> VectorMessages.opened(opening, later))
          .isInstanceOf(NoiseException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoeverRekeysOnBothSidesStaysInStep(Aead aead) throws Exception {
    var sealing = cipher(aead);
    var opening = cipher(aead);
    for (int i = 0; i < 20; i++) {
      byte[] payload = random(i);
      assertThat(VectorMessages.opened(opening, VectorMessages.sealed(sealing, payload)))
          .isEqualTo(payload);
      if (i % 3 == 0) {
        sealing.rekey();
        opening.rekey();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoeverRekeysOnOneSideCannotOpenTheOther(Aead aead) throws Exception {
    var sealing = cipher(aead);
    var opening = cipher(aead);
    sealing.rekey();
    byte[] message = VectorMessages.sealed(sealing, random(5));
    assertThatThrownBy(() -> VectorMessages.opened(opening, message))
        .isInstanceOf(NoiseException.class);
    opening.rekey();
    assertThat(VectorMessages.opened(opening, message)).isEqualTo(random(5));
  }

  /** Sections 4.2 and 5.1 in other words: with the JDK's own ciphers, byte by byte. */
  @ParameterizedTest
  @CsvSource({
    "ChaChaPoly, 000000000200000000000000",
    "AESGCM,     000000000000000000000002",
  })
  void theNonceAndTheNextKeyAreThoseOfTheSpecification(Aead aead, String nonce) throws Exception {
    var sealing = cipher(aead);
    VectorMessages.sealed(sealing, random(1));
    sealing.rekey();
    VectorMessages.sealed(sealing, random(1));
    byte[] key = Arrays.copyOf(jdk(aead, KEY, "00000000ffffffffffffffff", new byte[32]), 32);
    assertThat(VectorMessages.sealed(sealing, random(77)))
        .isEqualTo(jdk(aead, key, nonce, random(77)));
  }

  private static byte[] jdk(Aead aead, byte[] key, String nonce, byte[] plain) throws Exception {
    boolean gcm = aead == Aead.AESGCM;
    byte[] bytes = HexFormat.of().parseHex(nonce);
    AlgorithmParameterSpec parameters =
        gcm ? new GCMParameterSpec(128, bytes) : new IvParameterSpec(bytes);
    var cipher = Cipher.getInstance(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, gcm ? "AES" : "ChaCha20"), parameters);
    return cipher.doFinal(plain);
  }

  @ParameterizedTest
  @EnumSource
  void theLastNumberIsNeverUsed(Aead aead) throws Exception {
    var sealing = new NoiseCipher(aead, KEY, NoiseCipher.RESERVED - 1);
    var opening = new NoiseCipher(aead, KEY, NoiseCipher.RESERVED - 1);
    byte[] last = VectorMessages.sealed(sealing, random(3));
    assertThat(VectorMessages.opened(opening, last)).isEqualTo(random(3));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> VectorMessages.sealed(sealing, random(3)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> VectorMessages.opened(opening, last))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNumberIsUnsigned(Aead aead) throws Exception {
    var sealing = new NoiseCipher(aead, KEY, Long.MAX_VALUE);
    var opening = new NoiseCipher(aead, KEY, Long.MAX_VALUE);
    for (int i = 0; i < 3; i++) {
      assertThat(VectorMessages.opened(opening, VectorMessages.sealed(sealing, random(i))))
          .isEqualTo(random(i));
    }
    assertThatThrownBy(() -> VectorMessages.opened(opening, new byte[20]))
        .hasMessage("Noise transport message 9223372036854775811 does not verify");
  }

  @ParameterizedTest
  @EnumSource
  void noTwoMessagesOfOnePayloadLookAlike(Aead aead) {
    var sealing = cipher(aead);
    var messages = new ArrayList<String>();
    for (int i = 0; i < 1000; i++) {
      messages.add(Arrays.toString(VectorMessages.sealed(sealing, new byte[16])));
    }
    assertThat(messages).doesNotHaveDuplicates();
  }
}
