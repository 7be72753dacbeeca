package culvert.dialect.bore;

import culvert.config.BoreSecret;
import java.util.Optional;

/**
 * The authentication of a connection.
 *
 * @param secret the one that the client has proven; empty if the server has none
 * @param isCurrent whether a new client may log in with it; with one that a reload has replaced, a
 *     connection can only become a data channel of a client that has logged in with it before
 */
record Proof(Optional<BoreSecret> secret, boolean isCurrent) {

  /** Of a server without a secret. */
  static final Proof NONE = new Proof(Optional.empty(), true);
}
