package culvert.config;

import culvert.protocol.Sha256;
import java.nio.charset.StandardCharsets;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret of bore: any text, including an empty one. The key is the text's SHA-256. {@link
 * #toString} does not reveal it.
 */
public final class BoreSecret {

  private final SecretKey key;

  private BoreSecret(SecretKey key) {
    this.key = key;
  }

  /** Returns the secret that a user typed. */
  public static BoreSecret of(String text) {
    byte[] digest = Sha256.hash(text.getBytes(StandardCharsets.UTF_8));
    return new BoreSecret(new SecretKeySpec(digest, "HmacSHA256"));
  }

  /** Returns the key that signs challenges, 32 bytes. */
  public SecretKey key() {
    return key;
  }

  @Override
  public String toString() {
    return "***";
  }
}
