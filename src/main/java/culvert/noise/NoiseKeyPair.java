package culvert.noise;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.XECPrivateKey;
import java.security.interfaces.XECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Base64;
import javax.crypto.KeyAgreement;

/** A key pair of X25519 (RFC 7748). Its text form contains only the public key. */
public final class NoiseKeyPair {

  /** Length of a key, public or private, in bytes. */
  public static final int KEY_BYTES = 32;

  private static final String X25519 = "X25519";

  private final XECPrivateKey privateKey;
  private final byte[] publicKey;

  private NoiseKeyPair(XECPrivateKey privateKey, byte[] publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** Generates a new pair. */
  public static NoiseKeyPair generate() {
    try {
      var pair = KeyPairGenerator.getInstance(X25519).generateKeyPair();
      return new NoiseKeyPair(
          (XECPrivateKey) pair.getPrivate(),
          littleEndian(((XECPublicKey) pair.getPublic()).getU()));
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  /**
   * Returns the pair of a private key.
   *
   * @param key {@value #KEY_BYTES} bytes; copied
   * @throws IllegalArgumentException if the key has another length
   */
  public static NoiseKeyPair ofPrivate(byte[] key) {
    checkLength("private", key);
    try {
      PrivateKey made =
          KeyFactory.getInstance(X25519)
              .generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, key.clone()));
      var basePoint = new byte[KEY_BYTES];
      basePoint[0] = 9;
      return new NoiseKeyPair((XECPrivateKey) made, multiply(made, basePoint));
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  /**
   * Returns the pair of a private key in the form of {@link #privateText}.
   *
   * @throws IllegalArgumentException if the text is invalid; the message does not contain it
   */
  public static NoiseKeyPair ofPrivateText(String text) {
    return ofPrivate(ofText("private", text));
  }

  /**
   * Returns the public key of a text in the form of {@link #publicText}.
   *
   * @throws IllegalArgumentException if the text is invalid
   */
  public static byte[] publicOfText(String text) {
    byte[] key = ofText("public", text);
    checkLength("public", key);
    return key;
  }

  private static byte[] ofText(String which, String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      // The cause is omitted, because its message contains a character of a possible private key.
      throw new IllegalArgumentException("the " + which + " key is not base64");
    }
  }

  static void checkLength(String which, byte[] key) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(
          "the " + which + " key has " + key.length + " bytes (required: " + KEY_BYTES + ")");
    }
  }

  /** Returns a copy of the public key, {@value #KEY_BYTES} bytes. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** Returns the public key in padded base64, 44 characters. */
  public String publicText() {
    return Base64.getEncoder().encodeToString(publicKey);
  }

  /** Returns the private key in padded base64, 44 characters. The result is secret. */
  public String privateText() {
    return Base64.getEncoder().encodeToString(privateKey.getScalar().orElseThrow());
  }

  /**
   * Returns the secret shared with the owner of a public key.
   *
   * @throws NoiseException if the public key is of low order, which would make the secret
   *     predictable
   */
  byte[] agree(byte[] remotePublic) throws NoiseException {
    try {
      return multiply(privateKey, remotePublic);
    } catch (InvalidKeyException e) {
      throw new NoiseException("the peer's public key is of low order");
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  private static byte[] multiply(PrivateKey key, byte[] point) throws GeneralSecurityException {
    PublicKey other =
        KeyFactory.getInstance(X25519)
            .generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, coordinate(point)));
    var agreement = KeyAgreement.getInstance(X25519);
    agreement.init(key);
    agreement.doPhase(other, true);
    return agreement.generateSecret();
  }

  /** Ignores the most significant bit (RFC 7748, section 5). */
  private static BigInteger coordinate(byte[] littleEndian) {
    byte[] bigEndian = reversed(littleEndian);
    bigEndian[0] &= 0x7f;
    return new BigInteger(1, bigEndian);
  }

  private static byte[] littleEndian(BigInteger coordinate) {
    var bytes = new byte[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++) {
      bytes[i] = coordinate.shiftRight(8 * i).byteValue();
    }
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    var reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static IllegalStateException unsupported(GeneralSecurityException e) {
    return new IllegalStateException("this JDK does not support " + X25519, e);
  }

  @Override
  public String toString() {
    return "NoiseKeyPair[" + publicText() + "]";
  }
}
