package culvert.cli;

import culvert.config.TlsClientSettings;
import culvert.config.TlsTrust;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How an origin proxy knows its remote proxy over TLS. */
final class OriginTlsOptions {

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Authorities in PEM form, one of which must vouch for the remote proxy's certificate "
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
      description =
          "The name that the certificate must bear (default: the host of --remote-proxy-addr).")
  private String serverName;

  @Mixin private TlsIdentityOptions own;

  /**
   * What is set, if anything is, or wanted.
   *
   * @param wanted whether TLS is in use
   * @param environment may name the file of authorities
   * @throws IllegalArgumentException naming the option that is no good
   */
  Optional<TlsClientSettings> settings(boolean wanted, Map<String, String> environment) {
    TlsTrust trust = trust(authorities, pin, environment);
    var identity = own.identity();
    var settings = new TlsClientSettings(trust, Optional.ofNullable(serverName), identity);
    boolean given =
        pin != null || authorities != null || serverName != null || identity.isPresent();
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
