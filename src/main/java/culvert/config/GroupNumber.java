package culvert.config;

import java.util.regex.Pattern;

/**
 * The number of a channel group, written in hexadecimal digits, as in the protocol.
 *
 * @param value not negative
 */
public record GroupNumber(int value) {

  private static final Pattern HEX = Pattern.compile("(?:0[xX])?([0-9A-Fa-f]{1,16})");

  /** Validates the number. */
  public GroupNumber {
    if (value < 0) {
      throw new IllegalArgumentException("negative group number");
    }
  }

  /**
   * Parses the digits, with or without the prefix {@code 0x}.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static GroupNumber parse(String text) {
    var digits = HEX.matcher(text);
    if (!digits.matches()) {
      throw new IllegalArgumentException(
          "expected the group's number in hexadecimal digits, as ac or 0xac");
    }
    long value = Long.parseUnsignedLong(digits.group(1), 16);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("expected a group number of at most 7fffffff");
    }
    return new GroupNumber((int) value);
  }

  /** Returns the digits without leading zeros. */
  @Override
  public String toString() {
    return Integer.toHexString(value);
  }
}
