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
   * @param names decide whether messages name {@code --tls-…} or {@code --bounce-tls-…} options
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  static LoadedIdentity load(TlsIdentity identity, PeerNames names) {
    return switch (identity) {
      case TlsIdentity.Pem pem -> load(pem, names);
      case TlsIdentity.Pkcs12 archive -> Pkcs12Archive.load(archive, names);
    };
  }

  private static LoadedIdentity load(TlsIdentity.Pem pem, PeerNames names) {
    Setting certificateSetting = names.setting(Setting.TLS_CERT);
    Setting keySetting = names.setting(Setting.TLS_KEY);
    List<X509Certificate> chain =
        PemFile.read(certificateSetting, pem.certificate()).certificates();
    PrivateKey key =
        PrivateKeys.read(
            PemFile.read(keySetting, pem.key()), chain.getFirst().getPublicKey(), names);
    var warnings = new ArrayList<SettingMessage>();
    validityWarning(certificateSetting, pem.certificate(), chain.getFirst())
        .ifPresent(warnings::add);
    FilePermissions.of(keySetting, pem.key()).ifPresent(warnings::add);
    return new LoadedIdentity(key, chain, warnings);
  }

  /** Returns a warning if the certificate has expired or is not valid yet. */
  static Optional<SettingMessage> validityWarning(
      Setting setting, Path file, X509Certificate certificate) {
    return CertificateValidity.problem(certificate, Instant.now())
        .map(text ->
            SettingMessage.of(
                "%s %s: the certificate %s; peers will reject it", setting, file, text));
  }
}
