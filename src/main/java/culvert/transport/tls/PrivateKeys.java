package culvert.transport.tls;

import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.RSAKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads private keys in the forms that tools write: PKCS#8 (RFC 5958), and the older forms for RSA
 * (PKCS#1, RFC 8017, A.1.2) and elliptic curves (SEC1, RFC 5915). The older forms lack the
 * algorithm; it is added from the certificate's public key.
 */
final class PrivateKeys {

  private static final int INTEGER = 0x02;
  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;

  /** A DER length of this value or more takes additional bytes. */
  private static final int LONG_LENGTH = 0x80;

  private PrivateKeys() {}

  /**
   * Returns the first private key of a file.
   *
   * @param certified the public key of the certificate that it must match
   * @param peer names of the other side, which select the settings to suggest
   * @throws IllegalArgumentException with one line that names option and file, if the file has no
   *     key, or the key is encrypted, damaged, or of another certificate
   */
  static PrivateKey read(PemFile file, PublicKey certified, PeerNames peer) {
    for (PemFile.Block block : file.blocks()) {
      switch (block.label()) {
        case "ENCRYPTED PRIVATE KEY" -> throw encrypted(file, peer);
        case "PRIVATE KEY" -> {
          return key(file, block.bytes(), certified);
        }
        case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
          if (block.encrypted()) {
            throw encrypted(file, peer);
          }
          return key(file, wrap(block.bytes(), certified), certified);
        }
        default -> {}
      }
    }
    throw file.invalid("the file has no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
  }

  /** Returns the problem of the certificate's key if this JVM does not support its curve. */
  static Optional<String> curveProblem(PublicKey certified) {
    return EllipticCurve.problem("the certificate's key", certified.getEncoded());
  }

  /**
   * Returns whether the two form a key pair.
   *
   * @throws GeneralSecurityException if that could not be checked
   */
  static boolean isPair(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
    if (key instanceof RSAKey mine && certified instanceof RSAKey theirs) {
      return mine.getModulus().equals(theirs.getModulus());
    }
    if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
      return false;
    }
    try {
      String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm();
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(certified.getEncoded());
      byte[] signed = signer.sign();
      signer.initVerify(certified);
      signer.update(certified.getEncoded());
      return verifies(signer, signed);
    } catch (GeneralSecurityException e) {
      throw new GeneralSecurityException(
          "the private key could not be checked against the certificate: " + e.getMessage(), e);
    }
  }

  private static boolean verifies(Signature verifier, byte[] signed) {
    try {
      return verifier.verify(signed);
    } catch (SignatureException e) {
      // Made with a key of another size.
      return false;
    }
  }

  private static PrivateKey key(PemFile file, byte[] encoded, PublicKey certified) {
    curveProblem(certified)
        .or(() -> EllipticCurve.problem("the private key", encoded))
        .ifPresent(problem -> {
          throw file.invalid(problem);
        });
    try {
      PrivateKey key =
          KeyFactory.getInstance(certified.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(encoded));
      if (isPair(key, certified)) {
        return key;
      }
    } catch (InvalidKeySpecException e) {
      throw file.invalid(
          "the private key is damaged or of another type than the certificate's ("
              + certified.getAlgorithm()
              + ")");
    } catch (GeneralSecurityException e) {
      throw file.invalid(
          "keys of type " + certified.getAlgorithm() + " cannot be used: " + e.getMessage());
    }
    throw file.invalid("the private key does not match the (first) certificate");
  }

  private static SettingException encrypted(PemFile file, PeerNames peer) {
    return new SettingException(
        "%s %s: the private key is encrypted; decrypt it with 'openssl pkey', or use a PKCS#12"
            + " archive with %s and %s",
        file.source(),
        file.file(),
        peer.setting(Setting.TLS_PKCS12),
        peer.setting(Setting.TLS_PASSWORD_FILE));
  }

  /** Returns a PrivateKeyInfo: version 0, the certificate's algorithm, the key as it was read. */
  private static byte[] wrap(byte[] key, PublicKey certified) {
    byte[] version = {INTEGER, 1, 0};
    return element(
        SEQUENCE, concat(version, algorithm(certified.getEncoded()), element(OCTET_STRING, key)));
  }

  /** Returns the first element of a SubjectPublicKeyInfo (RFC 5280, 4.1), with its header. */
  private static byte[] algorithm(byte[] publicKeyInfo) {
    ByteBuffer info = ByteBuffer.wrap(publicKeyInfo);
    info.get();
    length(info);
    int start = info.position();
    info.get();
    int length = length(info);
    return Arrays.copyOfRange(publicKeyInfo, start, info.position() + length);
  }

  private static int length(ByteBuffer der) {
    int first = der.get() & 0xff;
    int length = first;
    if (first >= LONG_LENGTH) {
      length = 0;
      for (int i = first & ~LONG_LENGTH; i > 0; i--) {
        length = length << 8 | der.get() & 0xff;
      }
    }
    return length;
  }

  private static byte[] element(int tag, byte[] content) {
    int length = content.length;
    byte[] header =
        length < LONG_LENGTH
            ? new byte[] {(byte) tag, (byte) length}
            : new byte[] {
              (byte) tag, (byte) (LONG_LENGTH | 2), (byte) (length >> 8), (byte) length
            };
    return concat(header, content);
  }

  private static byte[] concat(byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer all = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }
}
