package culvert.net;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * The mode of the file of a Unix socket: a process needs the permission to write to it in order to
 * connect.
 *
 * @param bits the nine bits of the system, from 0600 to 0777
 */
public record SocketMode(int bits) {

  /** Without them the user of this process could not connect. */
  private static final int OWNER_BITS = 0600;

  private static final int MAX = 0777;

  /** Only processes of this user, and of root, can connect. */
  public static final SocketMode OWNER = new SocketMode(OWNER_BITS);

  /** In the order of the bits, from the highest one. */
  private static final PosixFilePermission[] PERMISSIONS = PosixFilePermission.values();

  /** Checks that this user can connect. */
  public SocketMode {
    if ((bits & OWNER_BITS) != OWNER_BITS || bits > MAX) {
      throw new IllegalArgumentException("expected a mode of three octal digits, as 660");
    }
  }

  /**
   * Parses three octal digits, such as {@code 660}.
   *
   * @throws IllegalArgumentException whose message describes the valid form
   */
  public static SocketMode parse(String text) {
    return new SocketMode(text.matches("0?[0-7]{3}") ? Integer.parseInt(text, 8) : 0);
  }

  /** Returns the permissions of the file. */
  Set<PosixFilePermission> permissions() {
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (PosixFilePermission one : PERMISSIONS) {
      if ((bits >> (PERMISSIONS.length - 1 - one.ordinal()) & 1) == 1) {
        permissions.add(one);
      }
    }
    return permissions;
  }

  /** Returns the form that {@link #parse} accepts. */
  @Override
  public String toString() {
    return Integer.toOctalString(bits);
  }
}
