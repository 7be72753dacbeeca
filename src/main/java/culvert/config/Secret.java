package culvert.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** A shared secret. It never prints itself. */
public final class Secret {

  /** Longest secret file, in bytes: anything larger is the wrong file. */
  private static final long MOST_FILE_BYTES = 4096;

  private final byte[] bytes;

  private Secret(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A secret as typed.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public static Secret of(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the secret is empty");
    }
    return new Secret(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a file that holds a secret; white space around it does not count.
   *
   * @throws IllegalArgumentException naming the file, if it cannot be read or holds no secret
   */
  public static Secret read(Path file) {
    try {
      if (Files.size(file) > MOST_FILE_BYTES) {
        throw new IllegalArgumentException(
            "the secret file " + file + " is longer than " + MOST_FILE_BYTES + " bytes");
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

  /** The key of the proofs. */
  public SecretKey key() {
    return new SecretKeySpec(bytes, "HmacSHA256");
  }

  @Override
  public String toString() {
    return "***";
  }
}
