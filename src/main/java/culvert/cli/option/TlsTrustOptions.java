package culvert.cli.option;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsTrust;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How whoever dials knows the other side over TLS. */
public final class TlsTrustOptions {

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Authorities in PEM form, one of which must vouch for the certificate of who is dialled "
              + "(default: the system's, or those of SSL_CERT_FILE).")
  private Path authorities;

  @Option(
      names = "--tls-pin",
      paramLabel = "SHA256",
      description =
          "Take this certificate and no other, whoever vouches for it: its SHA-256 fingerprint, as "
              + "'openssl x509 -noout -fingerprint -sha256' prints it.")
  private String pin;

  @Option(
      names = "--tls-server-name",
      paramLabel = "NAME",
      description = "The name that the certificate must bear (default: the host that is dialled).")
  private String serverName;

  /**
   * What is set, if anything is, or wanted.
   *
   * @param wanted whether TLS is in use
   * @param own what this side shows when it is asked
   * @param environment may name the file of authorities
   * @throws IllegalArgumentException naming the option that is no good
   */
  public Optional<TlsClientSettings> settings(
      boolean wanted, Optional<TlsIdentity> own, Map<String, String> environment) {
    var settings =
        new TlsClientSettings(
            trust(authorities, pin, environment), Optional.ofNullable(serverName), own);
    boolean given = pin != null || authorities != null || serverName != null || own.isPresent();
    return given || wanted ? Optional.of(settings) : Optional.empty();
  }

  /**
   * By what a server's certificate is known.
   *
   * @param authorities a file of them, or null
   * @param pin the certificate's fingerprint, or null
   * @throws IllegalArgumentException if both are given, or one is no good
   */
  static TlsTrust trust(Path authorities, String pin, Map<String, String> environment) {
    if (authorities != null && pin != null) {
      throw new IllegalArgumentException("--tls-ca and --tls-pin are both given; keep one");
    }
    if (pin != null) {
      return new TlsTrust.Pin(pin);
    }
    var file =
        Optional.ofNullable(environment.get("SSL_CERT_FILE")).filter(text -> !text.isEmpty());
    return authorities != null
        ? new TlsTrust.Authorities(authorities)
        : new TlsTrust.SystemStore(file.map(Path::of));
  }
}
