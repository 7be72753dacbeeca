package culvert.transport.tls;

import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/** Reads the certificates of the authorities that a side trusts. */
final class AuthorityLoader {

  /** Debian, Fedora, Red Hat, openSUSE; Alpine, BSD and macOS have the last. */
  private static final List<Path> SYSTEM_FILES =
      List.of(
          Path.of("/etc/ssl/certs/ca-certificates.crt"),
          Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
          Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
          Path.of("/etc/ssl/ca-bundle.pem"),
          Path.of("/etc/ssl/cert.pem"));

  private AuthorityLoader() {}

  /**
   * Reads the authorities for servers.
   *
   * @param server names of the peer, for messages
   * @return the authorities; empty for the JVM's own, and for a pin
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  static List<X509Certificate> load(TlsTrust trust, PeerNames server) {
    return switch (trust) {
      case TlsTrust.Authorities given ->
          PemFile.read(server.setting(Setting.TLS_CA), given.file()).certificates();
      case TlsTrust.SystemStore system -> load(system);
      case TlsTrust.Pins pins -> List.of();
    };
  }

  private static List<X509Certificate> load(TlsTrust.SystemStore system) {
    if (system.file().isPresent()) {
      return PemFile.read("SSL_CERT_FILE", system.file().get()).certificates();
    }
    return files(system).stream()
        .flatMap(file -> PemFile.read("the system's", file).readableCertificates().stream())
        .toList();
  }

  /** Returns all files that {@link #load(TlsTrust, PeerNames)} reads. */
  static List<Path> files(TlsTrust trust) {
    return switch (trust) {
      case TlsTrust.Authorities given -> List.of(given.file());
      case TlsTrust.SystemStore system ->
          system
              .file()
              .or(() -> SYSTEM_FILES.stream().filter(Files::isReadable).findFirst())
              .stream()
              .toList();
      case TlsTrust.Pins pins -> List.of();
    };
  }

  /**
   * Reads the authorities for clients.
   *
   * @return the authorities; empty if clients need no certificate
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  static List<X509Certificate> load(TlsServerSettings settings) {
    return settings
        .clientAuthorities()
        .map(file -> PemFile.read(Setting.TLS_CLIENT_CA, file).certificates())
        .orElse(List.of());
  }
}
