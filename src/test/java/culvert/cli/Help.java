package culvert.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine;

/** The help texts, for the test that holds the README against them. */
public final class Help {

  private Help() {}

  /** What {@code culvert COMMAND --help} prints; the empty name is {@code culvert --help}. */
  public static String of(String command) {
    return command(command).getUsageMessage();
  }

  /** A command by its words; the empty name is the one that holds the others. */
  static CommandLine command(String words) {
    CommandLine found = root();
    for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
      found = found.getSubcommands().get(word);
    }
    return found;
  }

  /**
   * The default of an option, as it would be written; empty if it is computed. Without the words of
   * a command in front, that of the first role that has it.
   */
  public static Optional<String> defaultOf(String option) {
    int name = option.lastIndexOf(' ') + 1;
    Collection<CommandLine> commands =
        name > 0
            ? List.of(command(option.substring(0, name).strip()))
            : root().getSubcommands().values();
    return commands.stream()
        .map(command -> command.getCommandSpec().findOption(option.substring(name)))
        .filter(Objects::nonNull)
        .findFirst()
        .map(found -> Optional.ofNullable(found.defaultValue()))
        .orElseThrow();
  }

  private static CommandLine root() {
    var nowhere = new PrintStream(OutputStream.nullOutputStream());
    return Main.commandLine(
        new Terminal(
            InputStream.nullInputStream(), nowhere, nowhere, Map.of(), new Stop(), action -> {}));
  }
}
