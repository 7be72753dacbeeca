package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import culvert.cli.option.Examples;
import culvert.cli.option.FormerNames;
import culvert.cli.option.HelpPage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.OptionSpec;

/** Requests for help and for the version, and the content of the help, of every command. */
class HelpTest {

  private static final int MAX_BRIEF_LINES = 24;
  private static final int MAX_COLUMNS = 100;

  /** Names that have another meaning, and another kind of value, in another command. */
  private static final Set<String> DIFFERENT_MEANINGS =
      Set.of("--once", "--outside-addr", "--port", "--protocol", "--to", "--transport");

  /** The path of each command; empty for the root. */
  static List<List<String>> commands() {
    return Help.commands().stream()
        .map(name -> Arrays.stream(name.split(" ")).skip(1).toList())
        .toList();
  }

  /** Returns the path with {@code help} at each position: first, in the middle and last. */
  private static List<String[]> withHelpWord(List<String> command) {
    var lines = new ArrayList<String[]>();
    for (int i = 0; i <= command.size(); i++) {
      var line = new ArrayList<>(command);
      line.add(i, "help");
      lines.add(line.toArray(String[]::new));
    }
    return lines;
  }

  private static String[] with(List<String> command, String... more) {
    return Stream.concat(command.stream(), Arrays.stream(more)).toArray(String[]::new);
  }

  private static List<OptionSpec> options(List<String> command) {
    return Help.command(String.join(" ", command)).getCommandSpec().options();
  }

  private static void isAnswer(Cli run, String text) {
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEqualTo(text);
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void longOptionAndWordPrintTheFullHelp(List<String> command) {
    String text = Help.of(String.join(" ", command));
    assertThat(text).startsWith("Usage: ").contains("\nExamples:\n");
    isAnswer(Cli.run(with(command, "--help")), text);
    for (String[] line : withHelpWord(command)) {
      isAnswer(Cli.run(line), text);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void shortOptionPrintsTheBriefHelp(List<String> command) {
    String name = String.join(" ", command);
    String text = HelpPage.brief(Help.command(name));
    isAnswer(Cli.run(with(command, "-h")), text);
    assertThat(text.lines().count()).isLessThanOrEqualTo(MAX_BRIEF_LINES);
    assertThat(text)
        .startsWith("Usage: ")
        .contains("\nExamples:\n")
        .endsWith("\nAll options: " + ("culvert " + name).strip() + " --help\n");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void bothOptionsForTheVersionPrintIt(List<String> command) {
    for (String option : List.of("-V", "--version")) {
      Cli run = Cli.run(with(command, option));
      isAnswer(run, run.out());
      assertThat(run.out()).matches("culvert \\S+\n");
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpFitsItsWidth(List<String> command) {
    String name = String.join(" ", command);
    String examplesLeftOut = Help.of(name).split("\nExamples:\n")[0];
    assertThat(examplesLeftOut.lines()).allMatch(line -> line.length() <= MAX_COLUMNS);
    assertThat(HelpPage.brief(Help.command(name)).split("\nExamples:\n")[0].lines())
        .allMatch(line -> line.length() <= MAX_COLUMNS);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpHasTwoValidExamples(List<String> command) {
    Object spec = Help.command(String.join(" ", command)).getCommandSpec().userObject();
    String[] examples = spec.getClass().getAnnotation(Examples.class).value();
    assertThat(examples).hasSize(2);
    for (String example : examples) {
      String line = example.replaceFirst(" > .*", "").replaceFirst("^culvert ", "");
      assertThat(line).startsWith(String.join(" ", command).replaceFirst("^culvert ", ""));
      if (!line.startsWith("help ")) {
        assertThatCode(() -> Help.parse(List.of(line.split(" ")))).doesNotThrowAnyException();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpContainsEveryCurrentNameAndDefault(List<String> command) {
    String text = Help.of(String.join(" ", command)).replaceAll("\\s+", " ");
    for (OptionSpec option : options(command)) {
      for (String name : option.names()) {
        if (FormerNames.has(name)) {
          assertThat(text).doesNotContain(name);
        } else {
          assertThat(text).contains(name);
        }
      }
      if (!option.typeInfo().isBoolean()) {
        HelpPage.defaultOf(option)
            .ifPresent(value -> assertThat(text).contains("[default: " + value + "]"));
      }
    }
  }

  @Test
  void helpOfTheRolesHasGroups() {
    for (String role : List.of("remote-proxy", "origin-proxy", "bounce-server")) {
      assertThat(Help.of(role))
          .contains("\nAddresses:\n", "\nSecurity:\n", "\nTransport:\n", "\nLimits:\n")
          .contains("\nLogging:\n", "\nOther:\n");
    }
  }

  @Test
  void optionIsDeclaredOnce() {
    Map<String, Set<Object>> declarations = new TreeMap<>();
    for (List<String> command : commands()) {
      for (OptionSpec option : options(command)) {
        declarations
            .computeIfAbsent(option.longestName(), name -> new TreeSet<>(HelpTest::compare))
            .add(option.userObject());
      }
    }
    declarations.values().removeIf(fields -> fields.size() == 1);
    assertThat(declarations.keySet()).isEqualTo(new TreeSet<>(DIFFERENT_MEANINGS));
  }

  private static int compare(Object a, Object b) {
    return a.toString().compareTo(b.toString());
  }
}
