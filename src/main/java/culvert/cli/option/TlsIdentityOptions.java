package culvert.cli.option;

import culvert.config.TlsIdentity;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Certificate and private key of this side, in any role. */
@InHelp(HelpGroup.SECURITY)
public final class TlsIdentityOptions {

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Certificate of this side, followed by those of its issuers (PEM file). The listening end"
              + " needs one for tls and wss; the dialling end if the other end requires one. Files"
              + " are reloaded when they change.")
  private Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Private key of the certificate (PEM file, not encrypted).")
  private Path key;

  @Option(
      names = "--tls-pkcs12",
      paramLabel = "FILE",
      description = "Certificate and key in one PKCS#12 file, instead of --tls-cert and --tls-key.")
  private Path archive;

  @Option(
      names = "--tls-password-file",
      paramLabel = "FILE",
      description = "Read the password of the PKCS#12 file from this file.")
  private Path password;

  /**
   * Returns the certificate's source, if one is set.
   *
   * @throws IllegalArgumentException if an option is missing or contradicts another
   */
  public Optional<TlsIdentity> identity() {
    return identity(PeerNames.REMOTE_PROXY, certificate, key, archive, password);
  }

  /**
   * Returns the certificate's source, if one is set.
   *
   * @param peer names of the other side, which select the settings of the files
   * @param certificate a file, or null; so are the others
   * @throws IllegalArgumentException if a file is missing or contradicts another
   */
  static Optional<TlsIdentity> identity(
      PeerNames peer, Path certificate, Path key, Path archive, Path password) {
    Setting ofCertificate = peer.setting(Setting.TLS_CERT);
    Setting ofKey = peer.setting(Setting.TLS_KEY);
    Setting ofArchive = peer.setting(Setting.TLS_PKCS12);
    if (archive != null) {
      if (certificate != null || key != null) {
        throw new SettingException(
            "%s and %s are both given; keep one of them",
            ofArchive, certificate != null ? ofCertificate : ofKey);
      }
      return Optional.of(new TlsIdentity.Pkcs12(archive, Optional.ofNullable(password)));
    }
    if (password != null) {
      throw missing(peer.setting(Setting.TLS_PASSWORD_FILE), ofArchive);
    }
    if ((certificate == null) != (key == null)) {
      throw certificate == null ? missing(ofKey, ofCertificate) : missing(ofCertificate, ofKey);
    }
    return certificate == null
        ? Optional.empty()
        : Optional.of(new TlsIdentity.Pem(certificate, key));
  }

  private static SettingException missing(Setting given, Setting missing) {
    return new SettingException("%s is given without %s", given, missing);
  }
}
