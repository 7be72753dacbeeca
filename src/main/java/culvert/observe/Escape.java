package culvert.observe;

/**
 * Text that a stranger may have had a hand in, so that it stays on its line and does nothing to a
 * terminal: control characters, and what turns the order of letters around, become a backslash,
 * {@code u} and four hex digits; quotes and backslashes have a backslash before them.
 */
public final class Escape {

  private Escape() {}

  /** The escaped form of a text. */
  public static String of(String text) {
    var escaped = new StringBuilder(text.length());
    append(escaped, text);
    return escaped.toString();
  }

  /** Appends it. */
  static void append(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else if (c < ' ' || c >= 0x7f && c < 0xa0 || isUnseen(c)) {
        line.append(String.format("\\u%04x", (int) c));
      } else {
        line.append(c);
      }
    }
  }

  /** What ends a line, or turns the order of letters around. */
  private static boolean isUnseen(char c) {
    return c == '\u2028' || c == '\u2029' || Character.getType(c) == Character.FORMAT;
  }
}
