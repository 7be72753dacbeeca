package culvert.session;

import culvert.config.Secret;
import java.util.Optional;

/**
 * The authentication of an origin proxy by the settings at the time of its login, which may be
 * others since.
 *
 * @param secret the secret that it has proven, if it has proven one
 * @param isAuthenticated whether it has proven a secret, a key or a certificate
 */
public record LoginProof(Optional<Secret> secret, boolean isAuthenticated) {}
