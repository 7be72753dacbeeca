package culvert.net;

import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The path of a Unix socket, in the form that users write: {@code unix:/run/app.sock}. A relative
 * path begins at the working directory of the process.
 *
 * @param path at most {@value #MAX_BYTES} bytes without control characters
 */
public record UnixPath(String path) implements ServerAddress {

  /**
   * Maximum length of a path in bytes: the JDK uses two bytes less than an address of Linux has.
   */
  static final int MAX_BYTES = 106;

  private static final String PREFIX = "unix:";

  /** Validates the path. */
  public UnixPath {
    boolean isPrintable = path.codePoints().noneMatch(Character::isISOControl);
    if (path.isEmpty() || !isPrintable || length(path) > MAX_BYTES) {
      throw new IllegalArgumentException(
          "expected unix:PATH, with a PATH of 1 to " + MAX_BYTES + " bytes");
    }
  }

  private static int length(String path) {
    return path.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns whether the text is meant as the path of a Unix socket. */
  public static boolean isForm(String text) {
    return text.startsWith(PREFIX);
  }

  /**
   * Parses {@code unix:PATH}.
   *
   * @throws IllegalArgumentException whose message describes the valid form
   */
  public static UnixPath parse(String text) {
    if (!isForm(text)) {
      throw new IllegalArgumentException("'" + text + "' does not begin with unix:");
    }
    return new UnixPath(text.substring(PREFIX.length()));
  }

  /** Returns the address for the system. */
  UnixDomainSocketAddress socket() {
    return UnixDomainSocketAddress.of(path);
  }

  /** Returns the path for the file system. */
  Path file() {
    return Path.of(path);
  }

  /** Returns whether both are one file, without a look at links. */
  public boolean isSameAs(UnixPath other) {
    return normal().equals(other.normal());
  }

  private Path normal() {
    return file().toAbsolutePath().normalize();
  }

  @Override
  public HostPort hostPort() {
    throw new IllegalStateException(this + " has no port");
  }

  /** Returns the form that {@link #parse} accepts. */
  @Override
  public String toString() {
    return PREFIX + path;
  }
}
