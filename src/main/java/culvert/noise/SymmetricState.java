package culvert.noise;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What both sides of a handshake have mixed so far (section 5.2). */
final class SymmetricState {

  private final HashFunction function;
  private final Aead aead;
  private byte[] chain;
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
    chain = hash.clone();
  }

  /** The handshake hash so far, a copy. */
  byte[] hash() {
    return hash.clone();
  }

  void mixHash(byte[] data) {
    hash = function.hash(hash, data);
  }

  void mixKey(byte[] material) {
    byte[][] derived = function.hkdf(chain, material, 2);
    takeKey(derived[0], derived[1]);
  }

  void mixKeyAndHash(byte[] material) {
    byte[][] derived = function.hkdf(chain, material, 3);
    mixHash(derived[1]);
    takeKey(derived[0], derived[2]);
  }

  private void takeKey(byte[] nextChain, byte[] key) {
    wipe();
    chain = nextChain;
    cipher = new NoiseCipher(aead, key, 0);
    Arrays.fill(key, (byte) 0);
  }

  /** How much longer {@link #encryptAndHash} makes what it is given, in bytes. */
  int overhead() {
    return cipher == null ? 0 : NoiseCipher.TAG_BYTES;
  }

  /** Puts data into a message, sealed as soon as there is a key. */
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
   * What {@link #encryptAndHash} had been given.
   *
   * @param sealed at least {@link #overhead()} bytes
   * @return null if it does not verify
   */
  byte[] decryptAndHash(byte[] sealed) {
    byte[] plain = sealed;
    if (cipher != null) {
      plain = new byte[sealed.length - NoiseCipher.TAG_BYTES];
      if (!cipher.decrypt(hash, ByteBuffer.wrap(sealed), ByteBuffer.wrap(plain))) {
        return null;
      }
    }
    mixHash(sealed);
    return plain;
  }

  /** The initiator's sending cipher, then the responder's; there is nothing to mix behind it. */
  NoiseCipher[] split() {
    byte[][] keys = function.hkdf(chain, new byte[0], 2);
    var ciphers =
        new NoiseCipher[] {new NoiseCipher(aead, keys[0], 0), new NoiseCipher(aead, keys[1], 0)};
    Arrays.fill(keys[0], (byte) 0);
    Arrays.fill(keys[1], (byte) 0);
    wipe();
    cipher = null;
    return ciphers;
  }

  private void wipe() {
    Arrays.fill(chain, (byte) 0);
  }
}
