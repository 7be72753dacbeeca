package culvert.noise;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The supported hash functions (sections 12.5 and 12.7); names as in a protocol name. */
enum HashFunction {
  BLAKE2s,
  SHA256;

  /** HASHLEN of all supported functions, in bytes. */
  static final int BYTES = 32;

  /** BLOCKLEN of all supported functions, in bytes. */
  private static final int BLOCK_BYTES = 64;

  private static final byte INNER = 0x36;
  private static final byte OUTER = 0x5c;

  private MessageDigest create() {
    try {
      return switch (this) {
        case BLAKE2s -> new Blake2s();
        case SHA256 -> MessageDigest.getInstance("SHA-256");
      };
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK does not support " + this, e);
    }
  }

  /** Returns the hash of the concatenated parts. */
  byte[] hash(byte[]... parts) {
    MessageDigest digest = create();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  /**
   * Returns the outputs of HKDF (section 4.3).
   *
   * @param chainingKey {@value #BYTES} bytes
   * @param outputs number of outputs, two or three
   */
  byte[][] hkdf(byte[] chainingKey, byte[] inputKeyMaterial, int outputs) {
    byte[] extracted = hmac(chainingKey, inputKeyMaterial);
    var derived = new byte[outputs][];
    var previous = new byte[0];
    for (int i = 0; i < outputs; i++) {
      derived[i] = hmac(extracted, previous, new byte[] {(byte) (i + 1)});
      previous = derived[i];
    }
    Arrays.fill(extracted, (byte) 0);
    return derived;
  }

  /** Returns the HMAC (RFC 2104) with a key of at most one block. */
  private byte[] hmac(byte[] key, byte[]... parts) {
    MessageDigest digest = create();
    digest.update(pad(key, INNER));
    for (byte[] part : parts) {
      digest.update(part);
    }
    byte[] inner = digest.digest();
    digest.update(pad(key, OUTER));
    digest.update(inner);
    return digest.digest();
  }

  private static byte[] pad(byte[] key, byte with) {
    byte[] block = Arrays.copyOf(key, BLOCK_BYTES);
    for (int i = 0; i < BLOCK_BYTES; i++) {
      block[i] ^= with;
    }
    return block;
  }
}
