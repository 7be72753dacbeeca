package culvert.config;

import java.util.Set;

/**
 * The rule for secrets as text, which is the same for the command line, variables and files: a byte
 * order mark in front is dropped, and characters that a user cannot see are rejected, because two
 * secrets that look alike would differ, or two that differ would look alike.
 */
final class SecretText {

  private static final int BYTE_ORDER_MARK = 0xfeff;
  private static final int REPLACEMENT = 0xfffd;

  /** Combining joiner, Khmer inherent vowels, Hangul fillers, and the empty Braille pattern. */
  private static final Set<Integer> BLANKS =
      Set.of(0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0);

  private SecretText() {}

  /**
   * Returns the text without white space around it.
   *
   * @throws IllegalArgumentException if it has an invisible character; the message names the
   *     character and nothing else of the text
   */
  static String stripped(String given) {
    return checked("secret", withoutMark(given).strip());
  }

  /**
   * Returns the text without one line end after it.
   *
   * @throws IllegalArgumentException as {@link #stripped}
   */
  static String withoutLineEnd(String given) {
    return checked("authentication string", withoutMark(given).replaceFirst("\r?\n\\z", ""));
  }

  private static String withoutMark(String given) {
    return !given.isEmpty() && given.charAt(0) == BYTE_ORDER_MARK ? given.substring(1) : given;
  }

  private static String checked(String what, String text) {
    int[] characters = text.codePoints().toArray();
    for (int i = 0; i < characters.length; i++) {
      int character = characters[i];
      if (character == REPLACEMENT) {
        throw invalid(what, character, i, ", which stands for bytes that are not UTF-8");
      }
      if (isInvisible(character)) {
        throw invalid(what, character, i, ", which is invisible");
      }
    }
    return text;
  }

  private static IllegalArgumentException invalid(
      String what, int character, int index, String reason) {
    return new IllegalArgumentException(
        "the %s has the character U+%04X (%s) at position %d%s"
            .formatted(what, character, Character.getName(character), index + 1, reason));
  }

  /**
   * Returns whether a character has no shape of its own: controls, formats, separators other than
   * the space, unassigned ones, and letters and marks that Unicode says to ignore in display.
   */
  private static boolean isInvisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      case Character.SPACE_SEPARATOR -> character != ' ';
      default -> isIgnored(character);
    };
  }

  /** Returns whether it is a blank letter, a joiner, or a variation selector. */
  private static boolean isIgnored(int character) {
    return BLANKS.contains(character)
        || character >= 0x180b && character <= 0x180f
        || character >= 0xfe00 && character <= 0xfe0f
        || character >= 0xe0100 && character <= 0xe01ef;
  }
}
