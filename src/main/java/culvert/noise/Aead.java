package culvert.noise;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The supported cipher functions (sections 12.3 and 12.4); names as in a protocol name. */
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
      throw new IllegalStateException("this JDK does not support " + transformation, e);
    }
  }

  SecretKeySpec key(byte[] key) {
    return new SecretKeySpec(key, algorithm);
  }

  /** Returns a buffer for a nonce: 32 zero bits, followed by the 64-bit counter at index 4. */
  ByteBuffer nonce() {
    return ByteBuffer.allocate(NONCE_BYTES).order(order);
  }

  /** Returns the nonce as a cipher parameter, which holds a copy. */
  AlgorithmParameterSpec parameters(ByteBuffer nonce) {
    return switch (this) {
      case ChaChaPoly -> new IvParameterSpec(nonce.array());
      case AESGCM -> new GCMParameterSpec(8 * NoiseCipher.TAG_BYTES, nonce.array());
    };
  }
}
