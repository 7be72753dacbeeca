package culvert.config;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret as bore has it: any text, also an empty one, whose SHA-256 is the key. It never prints
 * itself.
 */
public final class BoreSecret {

  private final SecretKey key;

  private BoreSecret(SecretKey key) {
    this.key = key;
  }

  /** A secret as typed. */
  public static BoreSecret of(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return new BoreSecret(new SecretKeySpec(digest, "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** What challenges are answered with: 32 bytes. */
  public SecretKey key() {
    return key;
  }

  @Override
  public String toString() {
    return "***";
  }
}
