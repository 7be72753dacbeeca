package culvert.observe;

/**
 * Escapes untrusted text so that it stays on its line, does not control a terminal and hides
 * nothing: control characters, line separators and characters without a visible form (such as those
 * that change the direction of text) become a backslash, {@code u} and four hex digits.
 */
public final class Escape {

  private Escape() {}

  /** Returns the text for use between quotes: quotes and backslashes get a backslash too. */
  public static String of(String text) {
    var escaped = new StringBuilder(text.length());
    append(escaped, text);
    return escaped.toString();
  }

  /** Returns the text for use in a sentence: quotes and backslashes stay as they are. */
  public static String message(String text) {
    var escaped = new StringBuilder(text.length());
    text.codePoints().forEach(c -> appendVisible(escaped, c));
    return escaped.toString();
  }

  /** Appends the form of {@link #of}. */
  static void append(StringBuilder line, String text) {
    text.codePoints()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            line.append('\\');
          }
          appendVisible(line, c);
        });
  }

  private static void appendVisible(StringBuilder line, int codePoint) {
    if (isVisible(codePoint)) {
      line.appendCodePoint(codePoint);
    } else {
      for (char c : Character.toChars(codePoint)) {
        line.append(String.format("\\u%04x", (int) c));
      }
    }
  }

  /** Returns whether a character has a form of its own; of all spaces only the usual one has. */
  private static boolean isVisible(int codePoint) {
    if (codePoint < 0x7f) {
      return codePoint >= ' ';
    }
    return !isBlank(codePoint)
        && switch (Character.getType(codePoint)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SPACE_SEPARATOR,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED ->
              false;
          default -> true;
        };
  }

  /** Returns whether a letter, mark or symbol is blank: fillers and variation selectors. */
  private static boolean isBlank(int codePoint) {
    return switch (codePoint) {
      case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0 -> true;
      default ->
          codePoint >= 0xfe00 && codePoint <= 0xfe0f
              || codePoint >= 0xe0100 && codePoint <= 0xe01ef;
    };
  }
}
