package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The authentication string of a bounce server, which each member sends first: bytes, not
 * necessarily text. {@link #toString} does not reveal it.
 */
public final class BounceAuthentication {

  /** Maximum length in bytes. */
  public static final int MAX_BYTES = 64 * 1024;

  /** Allows for a byte order mark and a line end. */
  private static final int MAX_FILE_BYTES = MAX_BYTES + 5;

  private final byte[] bytes;

  private BounceAuthentication(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the authentication string of these bytes.
   *
   * @throws IllegalArgumentException if it is empty or longer than {@link #MAX_BYTES}
   */
  public static BounceAuthentication of(byte[] bytes) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("the authentication string is empty");
    }
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the authentication string is longer than " + MAX_BYTES + " bytes");
    }
    return new BounceAuthentication(bytes.clone());
  }

  /**
   * Returns the authentication string of a text, encoded in UTF-8. One trailing line end is
   * ignored.
   *
   * @throws IllegalArgumentException if it is empty, too long, or has an invisible character
   */
  public static BounceAuthentication of(String text) {
    return of(SecretText.withoutLineEnd(text).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns the authentication string of a text.
   *
   * @param source names the setting in the message of an exception
   * @throws SettingException as {@link #of(String)}
   */
  public static BounceAuthentication of(Setting source, String text) {
    return Checks.named(() -> of(text), "%s", source);
  }

  /**
   * Reads a file that contains only the authentication string: any bytes, but a byte order mark of
   * UTF-8 in front and one trailing line end, as editors add them, are ignored.
   *
   * @param source the setting that names the file
   * @throws SettingException if the file cannot be read or its content is invalid
   */
  public static BounceAuthentication read(Setting source, Path file) {
    byte[] bytes = SettingFile.withoutMark(source, file, MAX_FILE_BYTES);
    return Checks.named(() -> of(withoutLineEnd(bytes)), "%s %s", source, file);
  }

  private static byte[] withoutLineEnd(byte[] bytes) {
    int length = bytes.length;
    if (length > 0 && bytes[length - 1] == '\n') {
      length--;
      if (length > 0 && bytes[length - 1] == '\r') {
        length--;
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  /** Returns a copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Returns whether the bytes are equal, in a time that does not depend on where they differ. */
  public boolean matches(byte[] others) {
    return MessageDigest.isEqual(bytes, others);
  }

  @Override
  public String toString() {
    return "***";
  }
}
