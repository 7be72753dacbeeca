package culvert.transport.tls;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;

/** Hashes of certificates, and their names in a form that is safe to log. */
final class Certificates {

  /** Types of subject alternative names (RFC 5280, 4.2.1.6): a host name, an address. */
  private static final Set<Integer> NAME_TYPES = Set.of(2, 7);

  /**
   * Maximum characters of a text that an unauthenticated peer chose: it is part of one log line.
   */
  private static final int MAX_PRINTED = 200;

  private Certificates() {}

  /** Returns the hash of the whole certificate. */
  static byte[] sha256(X509Certificate certificate) {
    return hash("SHA-256", certificate);
  }

  /** Returns the SHA-256 hash as {@code openssl x509 -fingerprint -sha256} prints it. */
  static String fingerprint(X509Certificate certificate) {
    return HexFormat.ofDelimiter(":").withUpperCase().formatHex(sha256(certificate));
  }

  /**
   * Returns the channel binding {@code tls-server-end-point} (RFC 5929, 4.1) of a connection: the
   * server certificate's hash by the function it is signed with, or by SHA-256 if that function is
   * weaker or unknown.
   */
  static byte[] channelBinding(X509Certificate server) {
    String signature = server.getSigAlgName();
    if (signature.startsWith("SHA384")) {
      return hash("SHA-384", server);
    }
    return signature.startsWith("SHA512") ? hash("SHA-512", server) : sha256(server);
  }

  private static byte[] hash(String algorithm, X509Certificate certificate) {
    try {
      return MessageDigest.getInstance(algorithm).digest(certificate.getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was decoded has an encoded form", e);
    }
  }

  /** Returns the host names and addresses that the certificate is valid for, for a message. */
  static String names(X509Certificate certificate) {
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      if (all != null) {
        String names =
            all.stream()
                .filter(name -> NAME_TYPES.contains(name.getFirst()))
                .map(name -> String.valueOf(name.get(1)))
                .collect(Collectors.joining(", "));
        if (!names.isEmpty()) {
          return printable(names);
        }
      }
    } catch (CertificateParsingException e) {
      // The subject is printed instead.
    }
    return printable(certificate.getSubjectX500Principal());
  }

  /** Returns the name of a subject or an issuer in quotes, for a message. */
  static String printable(X500Principal name) {
    return "'" + printable(name.getName()) + "'";
  }

  /** Replaces line breaks and terminal control characters, and truncates a long text. */
  static String printable(String text) {
    String safe = text.replaceAll("\\P{Print}", "?");
    return safe.length() > MAX_PRINTED ? safe.substring(0, MAX_PRINTED) + "..." : safe;
  }
}
