package culvert.noise;

import java.nio.ByteBuffer;

/** Encrypts and decrypts transport messages held in arrays. */
final class TransportMessages {

  private TransportMessages() {}

  static byte[] encrypt(NoiseCipher cipher, byte[] payload) {
    var out = ByteBuffer.allocate(payload.length + NoiseCipher.TAG_BYTES);
    cipher.encrypt(ByteBuffer.wrap(payload), out);
    return out.array();
  }

  static byte[] decrypt(NoiseCipher cipher, byte[] message) throws NoiseException {
    var out = ByteBuffer.allocate(Math.max(0, message.length - NoiseCipher.TAG_BYTES));
    cipher.decrypt(ByteBuffer.wrap(message), out);
    return out.array();
  }
}
