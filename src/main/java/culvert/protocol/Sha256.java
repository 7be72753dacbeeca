package culvert.protocol;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104), which every Java platform supports. */
public final class Sha256 {

  private Sha256() {}

  /** Returns the hash, 32 bytes. */
  public static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not support SHA-256", e);
    }
  }

  /** Returns the authentication code of the concatenated parts, 32 bytes. */
  public static byte[] hmac(SecretKey key, byte[]... parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not support HmacSHA256", e);
    }
  }
}
