package culvert.bounce.console;

import culvert.observe.Escape;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Words that need not be typed to their end. */
final class Abbreviation {

  private Abbreviation() {}

  /**
   * The one of {@code choices} whose word is {@code typed}, or the only one whose word begins so.
   *
   * @param otherwise what a word is that is none of them, as {@code is no command}
   * @throws CommandException if it is none of them, or may be several
   */
  static <T> T resolve(String typed, List<T> choices, Function<T, String> word, String otherwise)
      throws CommandException {
    for (T choice : choices) {
      if (word.apply(choice).equals(typed)) {
        return choice;
      }
    }
    List<T> near = choices.stream().filter(choice -> word.apply(choice).startsWith(typed)).toList();
    if (near.size() == 1) {
      return near.getFirst();
    }
    String quoted = "'" + Escape.of(typed) + "'";
    if (near.isEmpty()) {
      throw new CommandException(
          quoted + " " + otherwise + "; there are " + listed(choices, word, " and "));
    }
    throw new CommandException(
        quoted + " may be " + listed(near, word, " or ") + "; write more of it");
  }

  private static <T> String listed(List<T> choices, Function<T, String> word, String last) {
    List<String> words = choices.stream().map(word).toList();
    return words.stream().limit(words.size() - 1).collect(Collectors.joining(", "))
        + last
        + words.getLast();
  }
}
