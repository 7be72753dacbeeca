package culvert.transport.websocket;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** The values of Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455, section 1.3). */
final class WebSocketKey {

  private static final int BYTES = 16;
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final SecureRandom RANDOM = new SecureRandom();

  private WebSocketKey() {}

  /** Returns a new random key. */
  static String generate() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Returns whether the text is a key: 16 bytes in base64. */
  static boolean isValid(String key) {
    try {
      return key.length() == (BYTES + 2) / 3 * 4 && Base64.getDecoder().decode(key).length == BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Returns the value of Sec-WebSocket-Accept for a key. */
  static String accept(String key) {
    try {
      byte[] input = (key + GUID).getBytes(StandardCharsets.US_ASCII);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(input));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
