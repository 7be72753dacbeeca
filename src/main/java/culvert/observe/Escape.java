package culvert.observe;

/**
 * Escapes untrusted text so that it stays on its line and does not control a terminal: control
 * characters, line separators and formatting characters (such as those that change the direction of
 * text) become a backslash, {@code u} and four hex digits; quotes and backslashes are preceded by a
 * backslash.
 */
public final class Escape {

  private Escape() {}

  /** Returns the escaped form of a text. */
  public static String of(String text) {
    var escaped = new StringBuilder(text.length());
    append(escaped, text);
    return escaped.toString();
  }

  /** Appends the escaped form of a text. */
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

  /** Returns whether a character ends a line or only formats text, such as its direction. */
  private static boolean isUnseen(char c) {
    return c == '\u2028' || c == '\u2029' || Character.getType(c) == Character.FORMAT;
  }
}
