package culvert.bounce.console;

import culvert.observe.Escape;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Resolves abbreviated commands and arguments. */
final class Abbreviation {

  private Abbreviation() {}

  /**
   * Returns the choice whose name is {@code typed}, or the only choice whose name starts with it.
   *
   * @param error start of the message if no choice matches, such as {@code unknown command}
   * @throws CommandException if no choice matches, or several do
   */
  static <T> T resolve(String typed, List<T> choices, Function<T, String> name, String error)
      throws CommandException {
    for (T choice : choices) {
      if (name.apply(choice).equals(typed)) {
        return choice;
      }
    }
    List<T> matches =
        choices.stream().filter(choice -> name.apply(choice).startsWith(typed)).toList();
    if (matches.size() == 1) {
      return matches.getFirst();
    }
    throw matches.isEmpty()
        ? new CommandException(message(error, typed, choices, name))
        : new CommandException(message("ambiguous abbreviation", typed, matches, name));
  }

  private static <T> String message(
      String error, String typed, List<T> choices, Function<T, String> name) {
    List<String> names = choices.stream().map(name).toList();
    return error
        + " '"
        + Escape.of(typed)
        + "': expected "
        + names.stream().limit(names.size() - 1).collect(Collectors.joining(", "))
        + " or "
        + names.getLast();
  }
}
