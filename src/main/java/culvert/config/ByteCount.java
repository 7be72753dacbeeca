package culvert.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes in the form that users write: {@code 4096}, {@code 64K}, {@code 16M}, {@code
 * 1G}, in units of 1024.
 *
 * @param bytes zero or more
 */
public record ByteCount(long bytes) {

  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})([KMG]?)");
  private static final String UNITS = "KMG";
  private static final int UNIT_BITS = 10;

  /**
   * Parses all forms.
   *
   * @throws IllegalArgumentException whose message shows the valid forms
   */
  public static ByteCount parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "invalid size '" + text + "': expected a form such as 4096, 64K, 16M or 1G");
    }
    int power = form.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(form.group(2));
    return new ByteCount(Long.parseLong(form.group(1)) << UNIT_BITS * power);
  }

  /** Returns the number in the largest unit that is exact. */
  @Override
  public String toString() {
    long count = bytes;
    int power = 0;
    while (count != 0 && count % 1024 == 0 && power < UNITS.length()) {
      count /= 1024;
      power++;
    }
    return count + (power == 0 ? "" : UNITS.substring(power - 1, power));
  }
}
