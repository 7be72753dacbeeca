package culvert.config;

import culvert.protocol.Sha256;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A shared secret. {@link #toString} does not reveal it.
 *
 * <p>A generated secret is {@value #PREFIX} and 48 characters of base64url: 32 random bytes, which
 * are the key, and the first four bytes of their SHA-256, which detect typing errors. Any other
 * text is stretched to a key with PBKDF2-HMAC-SHA256 (RFC 8018), which takes some tenths of a
 * second.
 */
public final class Secret {

  /** The prefix of the texts that {@link #generate} returns. */
  public static final String PREFIX = "culvert-";

  /** A text that was not generated and is shorter than this can be guessed. */
  private static final int SHORT_CHARS = 16;

  private static final int KEY_BYTES = 32;
  private static final int CHECK_BYTES = 4;
  private static final Pattern GENERATED = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{32,}");
  private static final int ROUNDS = 600_000;
  private static final byte[] SALT = "culvert 1 secret".getBytes(StandardCharsets.US_ASCII);

  private final String text;

  private final ReentrantLock lock = new ReentrantLock();

  /** Null until first requested, unless the text was generated; guarded by {@link #lock}. */
  private SecretKey key;

  private Secret(String text) {
    this.text = text;
    if (GENERATED.matcher(text).matches()) {
      key = macKey(decode(text.substring(PREFIX.length())));
    }
  }

  /**
   * Returns the secret that a user typed, without white space around it.
   *
   * @throws IllegalArgumentException if it is empty, has an invisible character, or is a generated
   *     secret that is truncated or mistyped
   */
  public static Secret of(String text) {
    String stripped = SecretText.stripped(text);
    if (stripped.isEmpty()) {
      throw new IllegalArgumentException("the secret is empty");
    }
    return new Secret(stripped);
  }

  /**
   * Returns the secret that a user typed.
   *
   * @param source names the setting in the message of an exception
   * @throws SettingException as {@link #of(String)}
   */
  public static Secret of(Setting source, String text) {
    return named(source, text);
  }

  private static Secret named(Object source, String text) {
    return Checks.named(() -> of(text), "%s", source);
  }

  /**
   * Returns the secret that a user typed; see {@link #of(Setting, String)}.
   *
   * @param source names the setting of one client
   */
  public static Secret of(ServiceSetting source, String text) {
    return named(source, text);
  }

  /**
   * Reads a file that contains a secret, and nothing else but white space around it.
   *
   * @param source the setting that names the file
   * @throws SettingException if the file cannot be read or contains no secret
   */
  public static Secret read(Setting source, Path file) {
    return readNamed(source, file);
  }

  /**
   * Reads a file that contains a secret; see {@link #read(Setting, Path)}.
   *
   * @param source the setting of one client that names the file
   */
  public static Secret read(ServiceSetting source, Path file) {
    return readNamed(source, file);
  }

  private static Secret readNamed(Object source, Path file) {
    String text = SmallTextFile.read(source, file);
    return Checks.named(() -> of(text), "%s %s", source, file);
  }

  /** Returns the text of a new random secret of 256 bits. */
  public static String generate() {
    byte[] bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(checked(bytes));
  }

  private static byte[] checked(byte[] bytes) {
    byte[] both = Arrays.copyOf(bytes, KEY_BYTES + CHECK_BYTES);
    System.arraycopy(Sha256.hash(bytes), 0, both, KEY_BYTES, CHECK_BYTES);
    return both;
  }

  private static byte[] decode(String encoded) {
    byte[] bytes = new byte[0];
    try {
      bytes = Base64.getUrlDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      // The length is not valid in base64; the check below fails.
    }
    byte[] key = Arrays.copyOf(bytes, KEY_BYTES);
    if (!MessageDigest.isEqual(bytes, checked(key))) {
      throw new IllegalArgumentException(
          "the secret has the form of 'culvert keygen', but it is truncated or mistyped");
    }
    return key;
  }

  /** Returns whether it can be guessed: a short text that was not generated. */
  public boolean isShort() {
    return isTyped() && text.length() < SHORT_CHARS;
  }

  /** Returns whether the text was chosen by a user, not generated. */
  public boolean isTyped() {
    return !GENERATED.matcher(text).matches();
  }

  /** Returns a secret of bore with this text. */
  public BoreSecret forBore() {
    return BoreSecret.of(text);
  }

  /**
   * Returns the key from which all others are derived, {@value #KEY_BYTES} bytes. The first call
   * for a typed text takes some tenths of a second.
   */
  public SecretKey key() {
    lock.lock();
    try {
      if (key == null) {
        key = stretched();
      }
      return key;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the one of these secrets that is equal to this one, or this one. Its key may be derived
   * already.
   */
  public Secret in(Collection<Secret> known) {
    return known.stream().filter(this::equals).findFirst().orElse(this);
  }

  /** Compares the texts in constant time. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret
        && MessageDigest.isEqual(
            text.getBytes(StandardCharsets.UTF_8), secret.text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  private SecretKey stretched() {
    var spec = new PBEKeySpec(text.toCharArray(), SALT, ROUNDS, 8 * KEY_BYTES);
    try {
      return macKey(
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has PBKDF2WithHmacSHA256", e);
    } finally {
      spec.clearPassword();
    }
  }

  private static SecretKey macKey(byte[] bytes) {
    return new SecretKeySpec(bytes, "HmacSHA256");
  }

  @Override
  public String toString() {
    return "***";
  }
}
