package culvert.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS on the accepting side.
 *
 * @param identity the certificate that this side presents
 * @param clientAuthorities if present, clients must present a certificate issued by one of the
 *     authorities in this PEM file ({@code --tls-client-ca})
 */
public record TlsServerSettings(TlsIdentity identity, Optional<Path> clientAuthorities) {}
