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
  void messagesOfAnySizeAreDecryptedInAnyBuffers(Aead aead) throws Exception {
    var random = Seed.random("NoiseCipherTest sizes " + aead);
    var sender = cipher(aead);
    var receiver = cipher(aead);
    for (int i = 0; i < 300; i++) {
      int size =
          i == 0 ? 0 : i == 1 ? NoiseCipher.MAX_PAYLOAD_BYTES : random.nextInt(1 << i % 16 + 1);
      var payload = new byte[Math.min(size, NoiseCipher.MAX_PAYLOAD_BYTES)];
      random.nextBytes(payload);
      ByteBuffer plain = buffer(random.nextBoolean(), payload.length);
      plain.duplicate().put(payload);
      ByteBuffer message = buffer(random.nextBoolean(), payload.length + NoiseCipher.TAG_BYTES);
      int start = message.position();
      sender.encrypt(plain, message);
      assertThat(plain.remaining()).isZero();
      assertThat(message.position() - start).isEqualTo(payload.length + NoiseCipher.TAG_BYTES);
      message.position(start);
      ByteBuffer decrypted = buffer(random.nextBoolean(), payload.length);
      start = decrypted.position();
      receiver.decrypt(message, decrypted);
      assertThat(message.remaining()).isZero();
      var got = new byte[payload.length];
      assertThat(decrypted.position() - start).isEqualTo(payload.length);
      decrypted.position(start).get(got);
      assertThat(got).as("message %d of %d bytes", i, size).isEqualTo(payload);
    }
  }

  /** Returns a buffer whose position is not 0. */
  private static ByteBuffer buffer(boolean direct, int bytes) {
    var buffer = direct ? ByteBuffer.allocateDirect(bytes + 9) : ByteBuffer.allocate(bytes + 9);
    return buffer.position(5).limit(bytes + 5);
  }

  @ParameterizedTest
  @EnumSource
  void payloadLengthIsLimited(Aead aead) throws Exception {
    byte[] longest = random(NoiseCipher.MAX_PAYLOAD_BYTES);
    assertThat(longest).hasSize(65519);
    var sender = cipher(aead);
    byte[] message = TransportMessages.encrypt(sender, longest);
    assertThat(message).hasSize(NoiseCipher.MAX_MESSAGE_BYTES).hasSize(65535);
    assertThat(TransportMessages.decrypt(cipher(aead), message)).isEqualTo(longest);
    assertThatThrownBy(() -> TransportMessages.encrypt(sender, new byte[65520]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a Noise payload of 65520 bytes (maximum: 65519)");
    assertThatThrownBy(() -> TransportMessages.decrypt(cipher(aead), new byte[65536]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise transport message 1 has 65536 bytes (allowed: 16 to 65535)");
  }

  @ParameterizedTest
  @EnumSource
  void rejectedPayloadDoesNotAdvanceTheNonce(Aead aead) throws Exception {
    var sender = cipher(aead);
    assertThatThrownBy(() -> TransportMessages.encrypt(sender, new byte[65520]))
        .isInstanceOf(IllegalArgumentException.class);
    var tight = ByteBuffer.allocate(115);
    assertThatThrownBy(() -> sender.encrypt(ByteBuffer.allocate(100), tight))
        .isInstanceOf(BufferOverflowException.class);
    byte[] payload = random(100);
    assertThat(TransportMessages.decrypt(cipher(aead), TransportMessages.encrypt(sender, payload)))
        .isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void targetThatIsTooSmallDoesNotAdvanceTheNonce(Aead aead) throws Exception {
    byte[] payload = random(100);
    byte[] message = TransportMessages.encrypt(cipher(aead), payload);
    var receiver = cipher(aead);
    assertThatThrownBy(() -> receiver.decrypt(ByteBuffer.wrap(message), ByteBuffer.allocate(99)))
        .isInstanceOf(BufferOverflowException.class);
    assertThat(TransportMessages.decrypt(receiver, message)).isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void messageWithAnyFlippedBitIsRejectedAndLeavesNoPlaintext(Aead aead) throws Exception {
    byte[] payload = random(100);
    byte[] message = TransportMessages.encrypt(cipher(aead), payload);
    var receiver = cipher(aead);
    for (int bit = 0; bit < 8 * message.length; bit++) {
      byte[] flipped = message.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      for (boolean direct : new boolean[] {false, true}) {
        ByteBuffer out = direct ? ByteBuffer.allocateDirect(120) : ByteBuffer.allocate(120);
        out.position(10);
        assertThatThrownBy(() -> receiver.decrypt(ByteBuffer.wrap(flipped), out))
            .as("bit %d", bit)
            .isInstanceOf(NoiseException.class)
            .hasMessage("Noise transport message 1 failed authentication");
        assertThat(out.position()).isEqualTo(10);
        var content = new byte[120];
        out.get(0, content);
        assertThat(content).containsOnly(0);
      }
    }
    assertThat(TransportMessages.decrypt(receiver, message)).isEqualTo(payload);
  }

  /** The JDK's ciphers process large messages in other code paths than small ones. */
  @ParameterizedTest
  @EnumSource
  void largeMessageThatFailsAuthenticationLeavesNoPlaintext(Aead aead) throws Exception {
    byte[] payload = random(NoiseCipher.MAX_PAYLOAD_BYTES);
    byte[] message = TransportMessages.encrypt(cipher(aead), payload);
    message[message.length - 1] ^= 1;
    for (boolean direct : new boolean[] {false, true}) {
      ByteBuffer out = direct ? ByteBuffer.allocateDirect(65536) : ByteBuffer.allocate(65536);
      ByteBuffer encrypted = direct ? ByteBuffer.allocateDirect(65535) : ByteBuffer.allocate(65535);
      encrypted.put(message).flip();
      assertThatThrownBy(() -> cipher(aead).decrypt(encrypted, out))
          .isInstanceOf(NoiseException.class);
      var content = new byte[65536];
      out.get(0, content);
      assertThat(content).isEqualTo(new byte[65536]);
      assertThat(out.position()).isZero();
      assertThat(encrypted.remaining()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void truncatedMessageIsRejected(Aead aead) {
    byte[] message = TransportMessages.encrypt(cipher(aead), random(50));
    var receiver = cipher(aead);
    for (int length = 0; length < message.length; length++) {
      byte[] cut = Arrays.copyOf(message, length);
      assertThatThrownBy(() -> TransportMessages.decrypt(receiver, cut))
          .isInstanceOf(NoiseException.class)
          .hasMessage(
              length < 16
                  ? "Noise transport message 1 has " + length + " bytes (allowed: 16 to 65535)"
                  : "Noise transport message 1 failed authentication");
    }
  }

  @ParameterizedTest
  @EnumSource
  void replayedMessageIsRejectedAndTheNextOneDecrypted(Aead aead) throws Exception {
    var sender = cipher(aead);
    var receiver = cipher(aead);
    byte[] first = TransportMessages.encrypt(sender, random(20));
    byte[] second = TransportMessages.encrypt(sender, random(30));
    TransportMessages.decrypt(receiver, first);
    assertThatThrownBy(() -> TransportMessages.decrypt(receiver, first))
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise transport message 2 failed authentication");
    assertThat(TransportMessages.decrypt(receiver, second)).isEqualTo(random(30));
    assertThatThrownBy(() -> TransportMessages.decrypt(receiver, second))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @EnumSource
  void messagesOutOfOrderAreRejected(Aead aead) throws Exception {
    var sender = cipher(aead);
    var receiver = cipher(aead);
    byte[] first = TransportMessages.encrypt(sender, random(20));
    byte[] second = TransportMessages.encrypt(sender, random(20));
    assertThatThrownBy(() -> TransportMessages.decrypt(receiver, second))
        .isInstanceOf(NoiseException.class);
    assertThat(TransportMessages.decrypt(receiver, first)).isEqualTo(random(20));
  }

  @ParameterizedTest
  @EnumSource
  void messagesAfterADroppedOneAreRejected(Aead aead) {
    var sender = cipher(aead);
    var receiver = cipher(aead);
    TransportMessages.encrypt(sender, random(20));
    for (int i = 0; i < 10; i++) {
      byte[] later = TransportMessages.encrypt(sender, random(20));
      assertThatThrownBy(() -> TransportMessages.decrypt(receiver, later))
          .isInstanceOf(NoiseException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void rekeyOnBothSidesKeepsThemSynchronized(Aead aead) throws Exception {
    var sender = cipher(aead);
    var receiver = cipher(aead);
    for (int i = 0; i < 20; i++) {
      byte[] payload = random(i);
      assertThat(TransportMessages.decrypt(receiver, TransportMessages.encrypt(sender, payload)))
          .isEqualTo(payload);
      if (i % 3 == 0) {
        sender.rekey();
        receiver.rekey();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rekeyOnOneSideMakesMessagesUndecryptable(Aead aead) throws Exception {
    var sender = cipher(aead);
    var receiver = cipher(aead);
    sender.rekey();
    byte[] message = TransportMessages.encrypt(sender, random(5));
    assertThatThrownBy(() -> TransportMessages.decrypt(receiver, message))
        .isInstanceOf(NoiseException.class);
    receiver.rekey();
    assertThat(TransportMessages.decrypt(receiver, message)).isEqualTo(random(5));
  }

  /** Compares with sections 4.2 and 5.1 as implemented here with the JDK's ciphers. */
  @ParameterizedTest
  @CsvSource({
    "ChaChaPoly, 000000000200000000000000",
    "AESGCM,     000000000000000000000002",
  })
  void nonceAndNextKeyFollowTheSpecification(Aead aead, String nonce) throws Exception {
    var sender = cipher(aead);
    TransportMessages.encrypt(sender, random(1));
    sender.rekey();
    TransportMessages.encrypt(sender, random(1));
    byte[] key = Arrays.copyOf(jdk(aead, KEY, "00000000ffffffffffffffff", new byte[32]), 32);
    assertThat(TransportMessages.encrypt(sender, random(77)))
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
  void maximumNonceIsNeverUsed(Aead aead) throws Exception {
    var sender = new NoiseCipher(aead, KEY, NoiseCipher.REKEY_NONCE - 1);
    var receiver = new NoiseCipher(aead, KEY, NoiseCipher.REKEY_NONCE - 1);
    byte[] last = TransportMessages.encrypt(sender, random(3));
    assertThat(TransportMessages.decrypt(receiver, last)).isEqualTo(random(3));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> TransportMessages.encrypt(sender, random(3)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> TransportMessages.decrypt(receiver, last))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nonceIsUnsigned(Aead aead) throws Exception {
    var sender = new NoiseCipher(aead, KEY, Long.MAX_VALUE);
    var receiver = new NoiseCipher(aead, KEY, Long.MAX_VALUE);
    for (int i = 0; i < 3; i++) {
      assertThat(TransportMessages.decrypt(receiver, TransportMessages.encrypt(sender, random(i))))
          .isEqualTo(random(i));
    }
    assertThatThrownBy(() -> TransportMessages.decrypt(receiver, new byte[20]))
        .hasMessage("Noise transport message 9223372036854775811 failed authentication");
  }

  @ParameterizedTest
  @EnumSource
  void equalPayloadsYieldDifferentMessages(Aead aead) {
    var sender = cipher(aead);
    var messages = new ArrayList<String>();
    for (int i = 0; i < 1000; i++) {
      messages.add(Arrays.toString(TransportMessages.encrypt(sender, new byte[16])));
    }
    assertThat(messages).doesNotHaveDuplicates();
  }
}
