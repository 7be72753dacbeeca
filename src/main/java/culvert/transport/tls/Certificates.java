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

/** What is told of certificates, and the hashes that name them. */
final class Certificates {

  /** Kinds of names in a certificate (RFC 5280, 4.2.1.6): a host's name, an address. */
  private static final Set<Integer> NAMES = Set.of(2, 7);

  /** A stranger writes what is shown; it must stay a part of one line. */
  private static final int MAX_SHOWN = 200;

  private Certificates() {}

  /** The hash of the whole certificate. */
  static byte[] sha256(X509Certificate certificate) {
    return hash("SHA-256", certificate);
  }

  /** The same for people, as {@code openssl x509 -fingerprint -sha256} prints it. */
  static String fingerprint(X509Certificate certificate) {
    return HexFormat.ofDelimiter(":").withUpperCase().formatHex(sha256(certificate));
  }

  /**
   * What names a channel whose server showed this certificate: {@code tls-server-end-point} (RFC
   * 5929, 4.1), the hash that the certificate is signed with, or SHA-256 if that is a weaker one or
   * cannot be told.
   */
  static byte[] binding(X509Certificate server) {
    String signed = server.getSigAlgName();
    if (signed.startsWith("SHA384")) {
      return hash("SHA-384", server);
    }
    return signed.startsWith("SHA512") ? hash("SHA-512", server) : sha256(server);
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

  /** The names and addresses it is for. */
  static String names(X509Certificate certificate) {
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      if (all != null) {
        String names =
            all.stream()
                .filter(name -> NAMES.contains(name.getFirst()))
                .map(name -> String.valueOf(name.get(1)))
                .collect(Collectors.joining(", "));
        if (!names.isEmpty()) {
          return printable(names);
        }
      }
    } catch (CertificateParsingException e) {
      // It has no names that could be read.
    }
    return printable(certificate.getSubjectX500Principal());
  }

  /** Who it says it is, or who issued it. */
  static String printable(X500Principal name) {
    return "'" + printable(name.getName()) + "'";
  }

  /** No line breaks and no terminal's commands, and not too long. */
  static String printable(String text) {
    String safe = text.replaceAll("\\P{Print}", "?");
    return safe.length() > MAX_SHOWN ? safe.substring(0, MAX_SHOWN) + "..." : safe;
  }
}
