package culvert.transport.websocket;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** What a client asks with, and what a server that understood answers (RFC 6455, 1.3). */
final class WebSocketKey {

  private static final int BYTES = 16;
  private static final String SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final SecureRandom RANDOM = new SecureRandom();

  private WebSocketKey() {}

  /** A fresh key. */
  static String generate() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Whether it is one: 16 bytes in base64. */
  static boolean isValid(String key) {
    try {
      return key.length() == (BYTES + 2) / 3 * 4 && Base64.getDecoder().decode(key).length == BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The answer to a key. */
  static String accept(String key) {
    try {
      byte[] joined = (key + SUFFIX).getBytes(StandardCharsets.US_ASCII);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(joined));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
