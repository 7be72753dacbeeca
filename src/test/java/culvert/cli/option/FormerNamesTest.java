package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.cli.Help;
import culvert.protocol.bounce.BounceGreeting;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Options and variables under the names of earlier versions. */
class FormerNamesTest {

  /**
   * A renamed option of one command.
   *
   * @param command a valid command line
   * @param current the current name
   * @param former the earlier name
   * @param value a value that is not the default
   * @param invalid a value that cannot be read
   */
  record Renamed(String command, String current, String former, String value, String invalid) {

    String[] line(String... more) {
      return Stream.concat(Arrays.stream(command.split(" ")), Arrays.stream(more))
          .toArray(String[]::new);
    }

    String formerVariable() {
      return variable(former);
    }

    /** The protocols at the control address are a list. */
    boolean hasOneValue() {
      return !command.equals(REMOTE) || !current.equals("--protocol");
    }

    /** A bounce server's protocol and that of the proxies are two settings. */
    String currentVariable() {
      boolean isOfBounce = command.startsWith("bounce") && current.equals("--protocol");
      return isOfBounce ? "CULVERT_BOUNCE_PROTOCOL" : variable(current);
    }

    private static String variable(String option) {
      return "CULVERT_" + option.substring(2).replace('-', '_').toUpperCase();
    }

    String read(Map<String, String> variables, String... more) {
      var command = Cli.commandLine(variables);
      var result = command.parseArgs(line(more));
      while (result.hasSubcommand()) {
        result = result.subcommand();
      }
      Object value = result.commandSpec().findOption(current).getValue();
      return value instanceof BounceGreeting greeting
          ? greeting.word()
          : value.toString().toLowerCase().replaceAll("[\\[\\]]", "");
    }
  }

  private static final String REMOTE = "remote-proxy --control-addr=h:1 --outside-addr=h:2";
  private static final String ORIGIN =
      "origin-proxy --remote-proxy-addr=h:1 --origin-server-addr=h:2";

  static final List<Renamed> RENAMED =
      List.of(
          new Renamed(REMOTE, "--max-unauthenticated", "--max-half-open", "5", "x"),
          new Renamed(
              REMOTE, "--max-unauthenticated-per-addr", "--max-half-open-per-addr", "5", "x"),
          new Renamed(REMOTE, "--protocol", "--dialect", "trp", "x"),
          new Renamed(ORIGIN, "--protocol", "--dialect", "trp", "x"),
          new Renamed("bounce-server", "--max-unauthenticated", "--max-half-open", "5", "x"),
          new Renamed(
              "bounce-server",
              "--max-unauthenticated-per-addr",
              "--max-half-open-per-addr",
              "5",
              "x"),
          new Renamed("bounce-server", "--protocol", "--wire", "text", "x"),
          new Renamed("bounce connect h:1 1", "--protocol", "--wire", "text", "x"));

  static Stream<Renamed> withOneValue() {
    return RENAMED.stream().filter(Renamed::hasOneValue);
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void formerOptionIsAccepted(Renamed renamed) {
    String option = renamed.former + "=" + renamed.value;
    assertThat(renamed.read(Map.of(), option)).isEqualTo(renamed.value);
    assertThat(renamed.read(Map.of(), renamed.former, renamed.value)).isEqualTo(renamed.value);
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void formerVariableIsAccepted(Renamed renamed) {
    assertThat(renamed.read(Map.of(renamed.formerVariable(), renamed.value)))
        .isEqualTo(renamed.value);
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void currentVariableTakesPrecedence(Renamed renamed) {
    var both =
        Map.of(renamed.formerVariable(), renamed.invalid, renamed.currentVariable(), renamed.value);
    assertThat(renamed.read(both)).isEqualTo(renamed.value);
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void formerOptionTakesPrecedenceOverVariables(Renamed renamed) {
    var both =
        Map.of(
            renamed.formerVariable(), renamed.invalid, renamed.currentVariable(), renamed.invalid);
    assertThat(renamed.read(both, renamed.former + "=" + renamed.value)).isEqualTo(renamed.value);
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void messageNamesTheSettingAsWritten(Renamed renamed) {
    for (String option : List.of(renamed.former, renamed.current)) {
      var run = Cli.run(renamed.line(option + "=" + renamed.invalid));
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).contains("invalid value 'x' for " + option + ": expected");
    }
    for (String variable : List.of(renamed.formerVariable(), renamed.currentVariable())) {
      var run = Cli.run(Map.of(variable, renamed.invalid), renamed.line());
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).contains("invalid value 'x' for " + variable + ": expected");
    }
  }

  @ParameterizedTest
  @MethodSource("withOneValue")
  void bothNamesTogetherAreRejected(Renamed renamed) {
    var run =
        Cli.run(
            renamed.line(
                renamed.current + "=" + renamed.value, renamed.former + "=" + renamed.value));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(renamed.former + " is given more than once");
  }

  @Test
  void bothNamesOfAListAddToIt() {
    var run = Cli.remote("--protocol=native", "--dialect=trp");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains("trp cannot be combined with another protocol");
  }

  @ParameterizedTest
  @FieldSource("RENAMED")
  void helpHasTheCurrentNameOnly(Renamed renamed) {
    String path = renamed.command.split(" [-h]")[0];
    assertThat(Help.of(path)).contains(renamed.current).doesNotContain(renamed.former);
  }

  @ParameterizedTest
  @CsvSource({"--max-half-opn", "--dialct", "--wir"})
  void suggestionsHaveCurrentNamesOnly(String typed) {
    for (String command : List.of("remote-proxy", "bounce-server")) {
      assertThat(Cli.run(command, typed + "=x").err())
          .doesNotContain("half-open", "dialect", "wire");
    }
  }

  @ParameterizedTest
  @CsvSource({"--dialect=trp, --dialect trp", "--protocol=trp, --protocol trp"})
  void messageOfAnInvalidCombinationNamesTheOptionAsWritten(String option, String name) {
    var run = Cli.remote(option, "--secret=abc");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(name + " has no authentication");
    var byVariable = Cli.remote(Map.of("CULVERT_DIALECT", "trp"), "--secret=abc");
    assertThat(byVariable.err()).contains("CULVERT_DIALECT trp has no authentication");
  }
}
