package culvert.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

  /** Returns the authentication string of a text, encoded in UTF-8. */
  public static BounceAuthentication of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a file that contains only the authentication string. One trailing line end, as editors
   * add it, is ignored.
   *
   * @throws IllegalArgumentException if the file cannot be read or its content is invalid; the
   *     message names the file
   */
  public static BounceAuthentication read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return of(withoutLineEnd(in.readNBytes(MAX_BYTES + 3)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the file " + file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "cannot read the file " + file + " of the authentication string", e);
    }
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
