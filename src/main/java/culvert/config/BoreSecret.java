package culvert.config;

import culvert.protocol.Sha256;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
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

  /**
   * Returns the secret that a user typed, without white space around it.
   *
   * @throws IllegalArgumentException if it has an invisible character
   */
  public static BoreSecret of(String text) {
    byte[] stripped = SecretText.stripped(text).getBytes(StandardCharsets.UTF_8);
    return new BoreSecret(new SecretKeySpec(Sha256.hash(stripped), "HmacSHA256"));
  }

  /**
   * Returns the secret that a user typed.
   *
   * @param source names the setting in the message of an exception
   * @throws SettingException as {@link #of(String)}
   */
  public static BoreSecret of(Setting source, String text) {
    return Checks.named(() -> of(text), "%s", source);
  }

  /** Returns the key that signs challenges, 32 bytes. */
  public SecretKey key() {
    return key;
  }

  /** Compares the keys in constant time. */
  @Override
  public boolean equals(Object other) {
    return other instanceof BoreSecret secret
        && MessageDigest.isEqual(key.getEncoded(), secret.key.getEncoded());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key.getEncoded());
  }

  @Override
  public String toString() {
    return "***";
  }
}
