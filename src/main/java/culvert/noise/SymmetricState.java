package culvert.noise;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The SymmetricState of section 5.2: chaining key, handshake hash and cipher of a handshake. */
final class SymmetricState {

  private final HashFunction function;
  private final Aead aead;
  private byte[] chainingKey;
  private byte[] hash;
  private NoiseCipher cipher;

  SymmetricState(NoiseProtocol protocol) {
    function = protocol.hash();
    aead = protocol.cipher();
    byte[] name = protocol.name().getBytes(StandardCharsets.US_ASCII);
    hash =
        name.length <= HashFunction.BYTES
            ? Arrays.copyOf(name, HashFunction.BYTES)
            : function.hash(name);
    chainingKey = hash.clone();
  }

  /** Returns a copy of the current handshake hash. */
  byte[] hash() {
    return hash.clone();
  }

  void mixHash(byte[] data) {
    hash = function.hash(hash, data);
  }

  void mixKey(byte[] inputKeyMaterial) {
    byte[][] derived = function.hkdf(chainingKey, inputKeyMaterial, 2);
    initializeKey(derived[0], derived[1]);
  }

  void mixKeyAndHash(byte[] inputKeyMaterial) {
    byte[][] derived = function.hkdf(chainingKey, inputKeyMaterial, 3);
    mixHash(derived[1]);
    initializeKey(derived[0], derived[2]);
  }

  private void initializeKey(byte[] nextChainingKey, byte[] key) {
    clearChainingKey();
    chainingKey = nextChainingKey;
    cipher = new NoiseCipher(aead, key, 0);
    Arrays.fill(key, (byte) 0);
  }

  /** Returns the number of bytes that {@link #encryptAndHash} adds. */
  int overhead() {
    return cipher == null ? 0 : NoiseCipher.TAG_BYTES;
  }

  /** Appends data to a message, encrypted if the cipher has a key. */
  void encryptAndHash(byte[] plain, ByteBuffer message) {
    int start = message.position();
    if (cipher == null) {
      message.put(plain);
    } else {
      cipher.encrypt(hash, ByteBuffer.wrap(plain), message);
    }
    mixHash(Arrays.copyOfRange(message.array(), start, message.position()));
  }

  /**
   * Returns the data that {@link #encryptAndHash} appended.
   *
   * @param encrypted at least {@link #overhead()} bytes
   * @return the data, or null if authentication failed
   */
  byte[] decryptAndHash(byte[] encrypted) {
    byte[] plain = encrypted;
    if (cipher != null) {
      plain = new byte[encrypted.length - NoiseCipher.TAG_BYTES];
      if (!cipher.decrypt(hash, ByteBuffer.wrap(encrypted), ByteBuffer.wrap(plain))) {
        return null;
      }
    }
    mixHash(encrypted);
    return plain;
  }

  /** Returns the sending ciphers of the initiator and the responder, and clears this state. */
  NoiseCipher[] split() {
    byte[][] keys = function.hkdf(chainingKey, new byte[0], 2);
    var ciphers =
        new NoiseCipher[] {new NoiseCipher(aead, keys[0], 0), new NoiseCipher(aead, keys[1], 0)};
    Arrays.fill(keys[0], (byte) 0);
    Arrays.fill(keys[1], (byte) 0);
    clearChainingKey();
    cipher = null;
    return ciphers;
  }

  private void clearChainingKey() {
    Arrays.fill(chainingKey, (byte) 0);
  }
}
