package culvert.config;

import java.util.regex.Pattern;

/**
 * The number of a channel group, written in hexadecimal digits as on the wire.
 *
 * @param value not negative
 */
public record GroupNumber(int value) {

  private static final Pattern HEX = Pattern.compile("(?:0[xX])?([0-9A-Fa-f]{1,16})");

  /** Checks it. */
  public GroupNumber {
    if (value < 0) {
      throw new IllegalArgumentException("a group's number is not negative");
    }
  }

  /**
   * Reads the digits, with or without {@code 0x} before them.
   *
   * @throws IllegalArgumentException whose message says what is wrong
   */
  public static GroupNumber parse(String text) {
    var digits = HEX.matcher(text);
    if (!digits.matches()) {
      throw new IllegalArgumentException(
          "a group is named by its number in hexadecimal digits, as ac or 0xac");
    }
    long value = Long.parseUnsignedLong(digits.group(1), 16);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("no group has a number above 7fffffff");
    }
    return new GroupNumber((int) value);
  }

  /** The digits, without zeros before them. */
  @Override
  public String toString() {
    return Integer.toHexString(value);
  }
}
