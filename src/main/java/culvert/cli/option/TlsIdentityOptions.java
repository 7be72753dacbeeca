package culvert.cli.option;

import culvert.config.TlsIdentity;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where this side's own certificate is, in any role. */
public final class TlsIdentityOptions {

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "This side's certificate in PEM form, and behind it those that vouch for it. Who is "
              + "dialled needs one for tls and wss, who dials where it is asked for one. Files are "
              + "read again when they change.")
  private Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The certificate's private key in PEM form, not encrypted.")
  private Path key;

  @Option(
      names = "--tls-pkcs12",
      paramLabel = "FILE",
      description = "Certificate and key in one PKCS#12 archive instead.")
  private Path archive;

  @Option(
      names = "--tls-password-file",
      paramLabel = "FILE",
      description = "Read the archive's password from this file.")
  private Path password;

  /**
   * What is set, if anything is.
   *
   * @throws IllegalArgumentException naming the option that is missing or too much
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
