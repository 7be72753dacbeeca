package culvert.cli.option;

import culvert.config.TlsIdentity;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Certificate and private key of this side, in any role. */
@InHelp(HelpGroup.SECURITY)
public final class TlsIdentityOptions {

  private static final String CERTIFICATE = "--tls-cert";
  private static final String KEY = "--tls-key";
  private static final String ARCHIVE = "--tls-pkcs12";
  private static final String PASSWORD = "--tls-password-file";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = CERTIFICATE,
      paramLabel = "FILE",
      description =
          "Certificate of this side, followed by those of its issuers (PEM file). The listening end"
              + " needs one for tls and wss; the dialling end if the other end requires one. Files"
              + " are reloaded when they change.")
  private Path certificate;

  @Option(
      names = KEY,
      paramLabel = "FILE",
      description = "Private key of the certificate (PEM file, not encrypted).")
  private Path key;

  @Option(
      names = ARCHIVE,
      paramLabel = "FILE",
      description = "Certificate and key in one PKCS#12 file, instead of --tls-cert and --tls-key.")
  private Path archive;

  @Option(
      names = PASSWORD,
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
            name(ARCHIVE) + " and " + name(CERTIFICATE) + " are both given; keep one of them");
      }
      return Optional.of(new TlsIdentity.Pkcs12(archive, Optional.ofNullable(password)));
    }
    if (password != null) {
      throw missing(PASSWORD, ARCHIVE);
    }
    if ((certificate == null) != (key == null)) {
      throw certificate == null ? missing(KEY, CERTIFICATE) : missing(CERTIFICATE, KEY);
    }
    return certificate == null
        ? Optional.empty()
        : Optional.of(new TlsIdentity.Pem(certificate, key));
  }

  private IllegalArgumentException missing(String given, String missing) {
    return new IllegalArgumentException(name(given) + " is given without " + name(missing));
  }

  private String name(String option) {
    return WrittenName.of(spec, option);
  }
}
