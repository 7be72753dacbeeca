package culvert.cli.option;

import culvert.config.TlsServerSettings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** TLS of a role that is dialled. */
public final class TlsServerOptions {

  @Mixin private TlsIdentityOptions own;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description =
          "Let in only who shows a certificate for which one of these authorities vouches, in PEM "
              + "form.")
  private Path clientAuthorities;

  /**
   * What is set, if anything is.
   *
   * @throws IllegalArgumentException naming the option that is missing or too much
   */
  public Optional<TlsServerSettings> settings() {
    var identity = own.identity();
    if (identity.isEmpty() && clientAuthorities != null) {
      throw new IllegalArgumentException("--tls-client-ca is given without --tls-cert");
    }
    return identity.map(it -> new TlsServerSettings(it, Optional.ofNullable(clientAuthorities)));
  }
}
