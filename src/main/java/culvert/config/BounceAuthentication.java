package culvert.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What whoever joins a bounce server must say first: bytes, not necessarily a text. It never prints
 * itself.
 */
public final class BounceAuthentication {

  /** Longest one, in bytes. */
  public static final int MAX_BYTES = 64 * 1024;

  private final byte[] bytes;

  private BounceAuthentication(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * These bytes.
   *
   * @throws IllegalArgumentException if there are none, or too many
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

  /** A text, in UTF-8. */
  public static BounceAuthentication of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a file that holds nothing else; a line end behind it, as editors write it, does not
   * count.
   *
   * @throws IllegalArgumentException naming the file, if it cannot be read or does not hold one
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

  /** The bytes themselves, to be sent or compared. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Whether these are the bytes; takes the same time wherever they differ. */
  public boolean matches(byte[] others) {
    return MessageDigest.isEqual(bytes, others);
  }

  @Override
  public String toString() {
    return "***";
  }
}
