package culvert.cli;

import culvert.cli.option.HelpPage;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Help texts and parsing of commands, for the tests that compare the documentation with them. */
public final class Help {

  private Help() {}

  /** Returns all commands that the help lists, such as {@code culvert bore local}. */
  public static List<String> commands() {
    return names(root()).toList();
  }

  private static Stream<String> names(CommandLine command) {
    Stream<String> inner =
        command.getSubcommands().values().stream()
            .filter(sub -> !sub.getCommandSpec().usageMessage().hidden())
            .distinct()
            .flatMap(Help::names);
    return Stream.concat(Stream.of(command.getCommandSpec().qualifiedName()), inner);
  }

  /**
   * Parses the arguments of {@code culvert} without running anything.
   *
   * @throws CommandLine.ParameterException if an option or a value is invalid
   */
  public static void parse(List<String> arguments) {
    root().parseArgs(arguments.toArray(String[]::new));
  }

  /** Returns the output of {@code culvert COMMAND --help}; empty for {@code culvert --help}. */
  public static String of(String command) {
    return command(command).getUsageMessage();
  }

  /** Returns a command by its path; empty for the root command. */
  public static CommandLine command(String path) {
    CommandLine found = root();
    for (String word : path.isEmpty() ? new String[0] : path.split(" ")) {
      found = found.getSubcommands().get(word);
    }
    return found;
  }

  /**
   * Returns the default of an option as a user would write it; empty if it is computed.
   *
   * @param option the option, after the path of its command; without a command, that of the first
   *     role that has it
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
        .map(HelpPage::defaultOf)
        .orElseThrow();
  }

  private static CommandLine root() {
    var nowhere = new PrintStream(OutputStream.nullOutputStream());
    return Main.commandLine(
        new Terminal(
            InputStream.nullInputStream(), nowhere, nowhere, Map.of(), new Stop(), action -> {}));
  }
}
