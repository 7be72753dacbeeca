package culvert.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A shared secret. It never prints itself.
 *
 * <p>One of our own making is {@value #PREFIX} and 48 letters of base64url: 32 random bytes, which
 * are the key, and four of their SHA-256, so that a slip is not taken for another secret. Any other
 * text becomes a key by PBKDF2-HMAC-SHA256 (RFC 8018), which takes some tenths of a second.
 */
public final class Secret {

  /** Where {@link #generate} begins. */
  public static final String PREFIX = "culvert-";

  /** Longest secret file, in bytes: anything larger is the wrong file. */
  private static final long MAX_FILE_BYTES = 4096;

  /** A text that is not of our making and shorter than this can be guessed. */
  private static final int SHORT_CHARS = 16;

  private static final int KEY_BYTES = 32;
  private static final int CHECK_BYTES = 4;
  private static final Pattern ALMOST_OURS = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{32,}");
  private static final int ROUNDS = 600_000;
  private static final byte[] SALT = "culvert 1 secret".getBytes(StandardCharsets.US_ASCII);

  private final String text;

  private final ReentrantLock lock = new ReentrantLock();

  /** Null until it is asked for, unless the text is of our own making; the lock guards it. */
  private SecretKey key;

  private Secret(String text) {
    this.text = text;
    if (ALMOST_OURS.matcher(text).matches()) {
      key = macKey(decode(text.substring(PREFIX.length())));
    }
  }

  /**
   * A secret as typed.
   *
   * @throws IllegalArgumentException if it is empty, or one of our making that is cut or mistyped
   */
  public static Secret of(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the secret is empty");
    }
    return new Secret(text);
  }

  /**
   * Reads a file that holds a secret; white space around it does not count.
   *
   * @throws IllegalArgumentException naming the file, if it cannot be read or holds no secret
   */
  public static Secret read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new IllegalArgumentException(
            "the secret file " + file + " is longer than " + MAX_FILE_BYTES + " bytes");
      }
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new IllegalArgumentException("the secret file " + file + " is empty");
      }
      return of(text);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read the secret file " + file, e);
    }
  }

  /** The text of a new secret that nobody can guess: 256 bits. */
  public static String generate() {
    byte[] bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(checked(bytes));
  }

  private static byte[] checked(byte[] bytes) {
    byte[] both = Arrays.copyOf(bytes, KEY_BYTES + CHECK_BYTES);
    System.arraycopy(sha256(bytes), 0, both, KEY_BYTES, CHECK_BYTES);
    return both;
  }

  private static byte[] decode(String encoded) {
    byte[] bytes = new byte[0];
    try {
      bytes = Base64.getUrlDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      // A length that base64 never has: the check below says it.
    }
    byte[] key = Arrays.copyOf(bytes, KEY_BYTES);
    if (!MessageDigest.isEqual(bytes, checked(key))) {
      throw new IllegalArgumentException(
          "the secret looks like one of 'culvert keygen', but it is cut or mistyped");
    }
    return key;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Whether guesses can find it: a short text of somebody's own. */
  public boolean isShort() {
    return isTyped() && text.length() < SHORT_CHARS;
  }

  /** Whether it is a text of somebody's own, and not one of our making. */
  public boolean isTyped() {
    return !ALMOST_OURS.matcher(text).matches();
  }

  /** The same text as a secret of bore's. */
  public BoreSecret forBore() {
    return BoreSecret.of(text);
  }

  /** What all else is derived from, {@value #KEY_BYTES} bytes; takes its time for a typed text. */
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
