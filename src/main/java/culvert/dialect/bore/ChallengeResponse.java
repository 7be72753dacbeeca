package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.protocol.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;

/**
 * Answers to challenges: HMAC-SHA-256 (RFC 2104) under the secret's key over the 16 bytes of the
 * challenge in the order in which it is written, as 64 hexadecimal digits.
 */
final class ChallengeResponse {

  private static final int CHALLENGE_BYTES = 16;

  private ChallengeResponse() {}

  /** Returns the answer, in lower case. */
  static String to(UUID challenge, BoreSecret secret) {
    return HexFormat.of().formatHex(tag(challenge, secret));
  }

  /**
   * Returns whether the answer is valid; digits may be in upper case. The comparison takes the same
   * time for all answers.
   */
  static boolean isValid(String answer, UUID challenge, BoreSecret secret) {
    byte[] received;
    try {
      received = HexFormat.of().parseHex(answer);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return MessageDigest.isEqual(received, tag(challenge, secret));
  }

  private static byte[] tag(UUID challenge, BoreSecret secret) {
    return Sha256.hmac(
        secret.key(),
        ByteBuffer.allocate(CHALLENGE_BYTES)
            .putLong(challenge.getMostSignificantBits())
            .putLong(challenge.getLeastSignificantBits())
            .array());
  }
}
