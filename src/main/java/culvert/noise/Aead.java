package culvert.noise;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The ciphers offered (sections 12.3 and 12.4), called as in a protocol's name. */
enum Aead {
  ChaChaPoly("ChaCha20-Poly1305", "ChaCha20", ByteOrder.LITTLE_ENDIAN),
  AESGCM("AES/GCM/NoPadding", "AES", ByteOrder.BIG_ENDIAN);

  /** Length of a key, in bytes. */
  static final int KEY_BYTES = 32;

  private static final int NONCE_BYTES = 12;

  private final String transformation;
  private final String algorithm;
  private final ByteOrder order;

  Aead(String transformation, String algorithm, ByteOrder order) {
    this.transformation = transformation;
    this.algorithm = algorithm;
    this.order = order;
  }

  Cipher create() {
    try {
      return Cipher.getInstance(transformation);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no " + transformation, e);
    }
  }

  SecretKeySpec key(byte[] key) {
    return new SecretKeySpec(key, algorithm);
  }

  /** Room for a nonce: 32 bits of zeros, then the number, to be put at 4. */
  ByteBuffer nonce() {
    return ByteBuffer.allocate(NONCE_BYTES).order(order);
  }

  /** The nonce as the JDK wants it; it takes a copy. */
  AlgorithmParameterSpec parameters(ByteBuffer nonce) {
    return switch (this) {
      case ChaChaPoly -> new IvParameterSpec(nonce.array());
      case AESGCM -> new GCMParameterSpec(8 * NoiseCipher.TAG_BYTES, nonce.array());
    };
  }
}
