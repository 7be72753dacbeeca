package culvert.config.toml;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Limits a TOML text before the parser reads it: the parser is recursive, and keeps every prefix of
 * a dotted key and a tree of all values. Text in strings and comments does not count.
 */
final class TextScan {

  /** Maximum arrays and inline tables around a value. */
  static final int MAX_DEPTH = 16;

  /** Maximum parts of a dotted key. */
  static final int MAX_KEY_PARTS = 16;

  /** Maximum lines, parts of keys, values and brackets together. */
  static final int MAX_ITEMS = 20_000;

  private final String text;
  private int position;
  private int items;
  private int dots;

  /** The ends of the brackets around the position. The parser skips an end of the other kind. */
  private final Deque<Character> ends = new ArrayDeque<>();

  private TextScan(String text) {
    this.text = text;
  }

  /** Returns the first place that exceeds a limit. */
  static Optional<Problem> problem(String text) {
    return new TextScan(text).scan();
  }

  private Optional<Problem> scan() {
    while (position < text.length()) {
      char next = text.charAt(position);
      switch (next) {
        case '#' -> skipComment();
        case '"', '\'' -> skipString(next);
        default -> {
          count(next);
          position++;
        }
      }
      if (ends.size() > MAX_DEPTH) {
        return exceeded("the brackets of a value are nested more than " + MAX_DEPTH + " deep");
      }
      if (items > MAX_ITEMS) {
        return exceeded(
            "the file has more than " + MAX_ITEMS + " lines, keys, values and brackets");
      }
      if (dots >= MAX_KEY_PARTS) {
        return exceeded("a key has more than " + MAX_KEY_PARTS + " parts");
      }
    }
    return Optional.empty();
  }

  private Optional<Problem> exceeded(String message) {
    long lines = text.substring(0, position).chars().filter(each -> each == '\n').count();
    return Optional.of(Problem.ofSyntax(1 + (int) lines, message));
  }

  private void count(char next) {
    switch (next) {
      case '[', '{' -> {
        ends.push(next == '[' ? ']' : '}');
        items++;
        dots = 0;
      }
      case ']', '}' -> {
        if (!ends.isEmpty() && ends.peek() == next) {
          ends.pop();
        }
      }
      case '.' -> {
        items++;
        dots++;
      }
      case '=', ',', '\n' -> {
        items++;
        dots = 0;
      }
      default -> {}
    }
  }

  /** Skips a string. One of a single line ends with the line, as in the parser. */
  private void skipString(char quote) {
    String mark = String.valueOf(quote).repeat(3);
    if (text.startsWith(mark, position)) {
      skipLines(quote, mark);
      return;
    }
    position++;
    while (position < text.length() && text.charAt(position) != '\n') {
      char next = text.charAt(position++);
      if (next == quote) {
        return;
      }
      if (next == '\\' && quote == '"' && position < text.length()) {
        position += text.charAt(position) == '\n' ? 0 : 1;
      }
    }
  }

  /** Skips a string of several lines, which may end with two more quotes of its text. */
  private void skipLines(char quote, String mark) {
    position += mark.length();
    while (position < text.length() && !text.startsWith(mark, position)) {
      position += text.charAt(position) == '\\' && quote == '"' ? 2 : 1;
    }
    int end = Math.min(text.length(), position + mark.length());
    while (end < text.length() && end < position + 5 && text.charAt(end) == quote) {
      end++;
    }
    position = end;
  }

  private void skipComment() {
    int end = text.indexOf('\n', position);
    position = end < 0 ? text.length() : end;
  }
}
