package culvert.transport.tls;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** The curve of an elliptic-curve key, as its encoded form names it (RFC 5480, 2.1.1). */
final class EllipticCurve {

  /** The DER form of the object identifier id-ecPublicKey, which the curve follows. */
  private static final byte[] EC_KEY = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };

  private static final int OBJECT_IDENTIFIER = 0x06;

  /** Curves that OpenSSL has and the JDK lacks, by their object identifiers. */
  private static final Map<String, String> NAMES =
      Map.of(
          "1.3.132.0.10", "secp256k1",
          "1.3.132.0.33", "secp224r1",
          "1.2.840.10045.3.1.1", "prime192v1",
          "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1",
          "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1",
          "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1");

  private EllipticCurve() {}

  /**
   * Returns the problem of a key whose curve this JVM does not support.
   *
   * @param what the key, for the message: {@code the private key}
   * @param encoded its PrivateKeyInfo or SubjectPublicKeyInfo
   */
  static Optional<String> problem(String what, byte[] encoded) {
    int at = indexAfterAlgorithm(encoded);
    if (at < 0 || at + 1 >= encoded.length) {
      return Optional.empty();
    }
    if (encoded[at] != OBJECT_IDENTIFIER) {
      return Optional.of(what + " has a curve given by its parameters; only named curves work");
    }
    int end = Math.min(encoded.length, at + 2 + encoded[at + 1]);
    String curve = identifier(Arrays.copyOfRange(encoded, at + 2, end));
    return isSupported(curve)
        ? Optional.empty()
        : Optional.of(
            what
                + " is on the curve "
                + NAMES.getOrDefault(curve, curve)
                + ", which this JVM does not support; use P-256, P-384 or P-521");
  }

  private static int indexAfterAlgorithm(byte[] encoded) {
    for (int i = 0; i + EC_KEY.length <= encoded.length; i++) {
      if (Arrays.equals(encoded, i, i + EC_KEY.length, EC_KEY, 0, EC_KEY.length)) {
        return i + EC_KEY.length;
      }
    }
    return -1;
  }

  /** Decodes the content of an object identifier (X.690, 8.19). */
  private static String identifier(byte[] content) {
    var numbers = new StringJoiner(".");
    long number = 0;
    for (byte each : content) {
      number = number << 7 | each & 0x7f;
      if (each >= 0) {
        if (numbers.length() == 0) {
          long first = Math.min(number / 40, 2);
          numbers.add(String.valueOf(first));
          number -= 40 * first;
        }
        numbers.add(String.valueOf(number));
        number = 0;
      }
    }
    return numbers.toString();
  }

  private static boolean isSupported(String curve) {
    try {
      // The JDK knows the parameters of more curves than it can calculate with.
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve));
      generator.generateKeyPair();
      return true;
    } catch (GeneralSecurityException | ProviderException e) {
      return false;
    }
  }
}
