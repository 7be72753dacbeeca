package culvert.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/**
 * Accepts the word {@code help} in place of {@code --help}: {@code culvert help bore local}, {@code
 * culvert bore help local} and {@code culvert bore local help}.
 */
final class HelpWords {

  private static final String WORD = "help";
  private static final String OPTION = "--help";

  private HelpWords() {}

  /**
   * Returns the arguments with the option at their end if the word is among the names of commands
   * with which they begin, and otherwise unchanged.
   */
  static String[] toOption(CommandLine root, String... arguments) {
    var result = new ArrayList<String>();
    CommandLine command = root;
    int read = 0;
    boolean isHelp = false;
    for (; read < arguments.length && command != null; read++) {
      String word = arguments[read];
      if (!isHelp && word.equals(WORD)) {
        isHelp = true;
      } else {
        result.add(word);
        command = command.getSubcommands().get(word);
      }
    }
    if (!isHelp) {
      return arguments;
    }
    result.addAll(Arrays.asList(arguments).subList(read, arguments.length));
    result.removeAll(List.of(OPTION, "-h"));
    result.add(OPTION);
    return result.toArray(String[]::new);
  }
}
