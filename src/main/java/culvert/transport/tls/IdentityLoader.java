package culvert.transport.tls;

import culvert.config.FilePermissions;
import culvert.config.TlsIdentity;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a certificate and its private key, and checks that they belong together. */
final class IdentityLoader {

  private IdentityLoader() {}

  /**
   * Reads the files of an identity.
   *
   * @param peer names of the other side, which select the settings of the files
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  static LoadedIdentity load(TlsIdentity identity, PeerNames peer) {
    return switch (identity) {
      case TlsIdentity.Pem pem -> load(pem, peer);
      case TlsIdentity.Pkcs12 archive -> Pkcs12Archive.load(archive, peer);
    };
  }

  private static LoadedIdentity load(TlsIdentity.Pem pem, PeerNames peer) {
    Setting ofCertificate = peer.setting(Setting.TLS_CERT);
    Setting ofKey = peer.setting(Setting.TLS_KEY);
    List<X509Certificate> chain = PemFile.read(ofCertificate, pem.certificate()).certificates();
    PrivateKey key =
        PrivateKeys.read(PemFile.read(ofKey, pem.key()), chain.getFirst().getPublicKey(), peer);
    var warnings = new ArrayList<SettingMessage>();
    validityWarning(ofCertificate, pem.certificate(), chain.getFirst()).ifPresent(warnings::add);
    FilePermissions.of(ofKey, pem.key()).ifPresent(warnings::add);
    return new LoadedIdentity(key, chain, warnings);
  }

  /** Returns a warning if the certificate has expired or is not valid yet. */
  static Optional<SettingMessage> validityWarning(
      Setting setting, Path file, X509Certificate certificate) {
    Instant now = Instant.now();
    Instant begins = certificate.getNotBefore().toInstant();
    Instant ends = certificate.getNotAfter().toInstant();
    String problem =
        now.isAfter(ends)
            ? "expired at " + ends
            : now.isBefore(begins) ? "is not valid before " + begins : null;
    return Optional.ofNullable(problem)
        .map(text ->
            SettingMessage.of(
                "%s %s: the certificate %s; peers will reject it", setting, file, text));
  }
}
