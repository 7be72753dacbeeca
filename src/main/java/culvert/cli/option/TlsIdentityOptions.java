package culvert.cli.option;

import culvert.config.TlsIdentity;
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
    if (archive != null) {
      if (certificate != null || key != null) {
        throw new IllegalArgumentException(
            "--tls-pkcs12 and --tls-cert are both given; keep one of them");
      }
      return Optional.of(new TlsIdentity.Pkcs12(archive, Optional.ofNullable(password)));
    }
    if (password != null) {
      throw new IllegalArgumentException("--tls-password-file is given without --tls-pkcs12");
    }
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException(
          certificate == null
              ? "--tls-key is given without --tls-cert"
              : "--tls-cert is given without --tls-key");
    }
    return certificate == null
        ? Optional.empty()
        : Optional.of(new TlsIdentity.Pem(certificate, key));
  }
}
