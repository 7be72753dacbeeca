package culvert.noise;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The hash functions offered (sections 12.5 and 12.7), called as in a protocol's name. */
enum HashFunction {
  BLAKE2s,
  SHA256;

  /** HASHLEN of all that are offered, in bytes. */
  static final int BYTES = 32;

  /** BLOCKLEN of all that are offered, in bytes. */
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
      throw new IllegalStateException("this Java has no " + this, e);
    }
  }

  /** The hash of the parts, one behind the other. */
  byte[] hash(byte[]... parts) {
    MessageDigest digest = create();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  /**
   * HKDF as section 4.3 has it.
   *
   * @param chain of {@value #BYTES} bytes
   * @param outputs two or three
   */
  byte[][] hkdf(byte[] chain, byte[] material, int outputs) {
    byte[] extracted = hmac(chain, material);
    var derived = new byte[outputs][];
    var before = new byte[0];
    for (int i = 0; i < outputs; i++) {
      derived[i] = hmac(extracted, before, new byte[] {(byte) (i + 1)});
      before = derived[i];
    }
    Arrays.fill(extracted, (byte) 0);
    return derived;
  }

  /** HMAC (RFC 2104) with a key no longer than a block. */
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
