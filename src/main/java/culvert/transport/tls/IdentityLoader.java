package culvert.transport.tls;

import culvert.config.FilePermissions;
import culvert.config.TlsIdentity;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a certificate and its private key, and checks that they belong together. */
final class IdentityLoader {

  private static final String CERTIFICATE_OPTION = "--tls-cert";
  private static final String KEY_OPTION = "--tls-key";

  private IdentityLoader() {}

  /**
   * Reads the files of an identity.
   *
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  static LoadedIdentity load(TlsIdentity identity) {
    return switch (identity) {
      case TlsIdentity.Pem pem -> load(pem);
      case TlsIdentity.Pkcs12 archive -> Pkcs12Archive.load(archive);
    };
  }

  private static LoadedIdentity load(TlsIdentity.Pem pem) {
    List<X509Certificate> chain =
        PemFile.read(CERTIFICATE_OPTION, pem.certificate()).certificates();
    PrivateKey key =
        PrivateKeys.read(PemFile.read(KEY_OPTION, pem.key()), chain.getFirst().getPublicKey());
    var warnings = new ArrayList<String>();
    validityWarning(CERTIFICATE_OPTION, pem.certificate(), chain.getFirst())
        .ifPresent(warnings::add);
    FilePermissions.of(KEY_OPTION, pem.key()).ifPresent(warnings::add);
    return new LoadedIdentity(key, chain, warnings);
  }

  /** Returns a warning if the certificate has expired or is not valid yet. */
  static Optional<String> validityWarning(String option, Path file, X509Certificate certificate) {
    Instant now = Instant.now();
    Instant begins = certificate.getNotBefore().toInstant();
    Instant ends = certificate.getNotAfter().toInstant();
    String subject = option + " " + file + ": the certificate ";
    if (now.isAfter(ends)) {
      return Optional.of(subject + "expired at " + ends + "; peers will reject it");
    }
    return now.isBefore(begins)
        ? Optional.of(subject + "is not valid before " + begins + "; peers will reject it")
        : Optional.empty();
  }
}
