package culvert.config;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * TLS on the accepting side.
 *
 * @param identity the certificate it shows
 * @param clientAuthorities if given, whoever dials must show a certificate that one of these
 *     vouches for: a file in PEM form ({@code --tls-client-ca})
 */
public record TlsServerSettings(TlsIdentity identity, Optional<Path> clientAuthorities) {

  /**
   * The authorities for clients; empty if clients need no certificate.
   *
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  public List<X509Certificate> authorities() {
    return clientAuthorities
        .map(file -> PemFile.read("--tls-client-ca", file).certificates())
        .orElse(List.of());
  }
}
