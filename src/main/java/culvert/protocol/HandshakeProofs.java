package culvert.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;

/**
 * The proofs of one login, each over all bytes of the exchange before it; see {@link Handshake}.
 */
final class HandshakeProofs {

  /** In place of a proof if no secret is used, or the connection below has proven it. */
  static final byte[] NONE = new byte[0];

  private static final String ORIGIN_LABEL = "culvert 1 origin proof";
  private static final String REMOTE_LABEL = "culvert 1 remote proof";

  private final List<SecretKey> secrets;
  private final byte[] binding;
  private final HandshakeExchange exchange;

  /**
   * Creates the proofs of one side.
   *
   * @param secrets at most one on the dialling side
   * @param binding channel binding of the connection below
   */
  HandshakeProofs(List<SecretKey> secrets, byte[] binding, HandshakeExchange exchange) {
    this.secrets = secrets;
    this.binding = binding;
    this.exchange = exchange;
  }

  /** Returns the proof that the dialling side sends now. */
  byte[] ofOrigin() {
    return secrets.isEmpty() ? NONE : proof(secrets.getFirst(), ORIGIN_LABEL);
  }

  /** Returns the proof that the dialling side expects now. */
  byte[] ofRemote() {
    return secrets.isEmpty() ? NONE : ofRemote(secrets.getFirst());
  }

  /** Returns the proof that the accepting side sends now, with the secret of the peer. */
  byte[] ofRemote(SecretKey secret) {
    return proof(secret, REMOTE_LABEL);
  }

  /**
   * Returns the secret of the accepting side that a proof of the dialling side was made with.
   *
   * @param before all bytes of the exchange before the proof
   */
  Optional<SecretKey> proven(byte[] mac, byte[] before) {
    Optional<SecretKey> proven = Optional.empty();
    for (SecretKey secret : secrets) {
      // Tries every secret, so that the time does not depend on which one matches.
      if (MessageDigest.isEqual(proof(secret, ORIGIN_LABEL, before), mac)) {
        proven = Optional.of(secret);
      }
    }
    return proven;
  }

  private byte[] proof(SecretKey secret, String label) {
    return proof(secret, label, exchange.transcript());
  }

  private byte[] proof(SecretKey secret, String label, byte[] transcript) {
    return Sha256.hmac(
        secret,
        label.getBytes(StandardCharsets.US_ASCII),
        new byte[] {0, (byte) binding.length},
        binding,
        transcript);
  }
}
