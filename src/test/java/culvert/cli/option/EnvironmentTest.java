package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.cli.Help;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.OptionSpec;

/** Each option has a variable; the command line takes precedence. */
@ExtendWith(LeakCheck.class)
class EnvironmentTest {

  @TempDir private Path folder;

  @Test
  void roleStartsFromVariablesAlone() {
    var run =
        Cli.run(
            Map.of(
                "CULVERT_CONTROL_ADDR", "127.0.0.1:0",
                "CULVERT_OUTSIDE_ADDR", "a=127.0.0.1:0,b=127.0.0.1:0",
                "CULVERT_SECRET", "hunter2",
                "CULVERT_LOG_FORMAT", "json"),
            "remote-proxy");
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .containsPattern("[, ]a=127\\.0\\.0\\.1:\\d+[,\n]")
        .containsPattern("[, ]b=127\\.0\\.0\\.1:\\d+[,\n]");
    assertThat(run.err()).startsWith("{").doesNotContain("NO SECRET").doesNotContain("hunter2");
  }

  @Test
  void commandLineTakesPrecedenceOverAVariable() {
    var run =
        Cli.remote(
            Map.of("CULVERT_OUTSIDE_ADDR", "env=127.0.0.1:0", "CULVERT_LOG_LEVEL", "error"),
            "--log-level=info");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).contains("default=").doesNotContain("env=");
    assertThat(run.err()).contains("INFO");
  }

  /** Otherwise picocli gives a flag the opposite of its default, which a variable may set. */
  @Test
  void everyFlagWithAVariableHasAValueOfItsOwn() {
    List<String> toggled =
        Help.commands().stream()
            .map(name -> Help.command(name.replaceFirst("^culvert ?", "")))
            .flatMap(command -> command.getCommandSpec().options().stream())
            .filter(option -> option.arity().max() == 0 && option.typeInfo().isBoolean())
            .filter(option -> !VariableNames.current(option).isEmpty())
            .filter(option -> !option.fallbackValue().equals("true"))
            .map(OptionSpec::longestName)
            .toList();
    assertThat(toggled).isEmpty();
  }

  @Test
  void variableTakesPrecedenceOverTheDefault() {
    assertThat(Cli.remote().err()).isNotEmpty();
    assertThat(Cli.remote(Map.of("CULVERT_LOG_LEVEL", "error")).err()).isEmpty();
  }

  /** The variable of the other option is then ignored. */
  @Test
  void secretOnTheCommandLineTakesPrecedenceOverBothVariables() throws IOException {
    String missing = folder.resolve("missing").toString();
    assertThat(Cli.remote(Map.of("CULVERT_SECRET_FILE", missing), "--secret=a").exit()).isZero();
    Path file = Files.writeString(folder.resolve("secret"), "hunter2");
    var run = Cli.remote(Map.of("CULVERT_SECRET", "hunter3"), "--secret-file=" + file);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).doesNotContain("NO SECRET");
  }

  @Test
  void messageNamesTheVariableOfAnInvalidValue() {
    var run = Cli.remote(Map.of("CULVERT_OPEN_TIMEOUT", "soon"));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains("invalid value 'soon' for CULVERT_OPEN_TIMEOUT: expected a number and a unit")
        .hasLineCount(1);
  }

  @Test
  void flagWithoutAValueIsReadFromItsVariable() {
    var environment = Map.of("CULVERT_FAIL_FAST", "true");
    var command = Cli.commandLine(environment);
    var parsed =
        command.parseArgs(
            "origin-proxy", "--remote-proxy-addr=127.0.0.1:1", "--origin-server-addr=127.0.0.1:1");
    boolean failFast = parsed.subcommand().commandSpec().findOption("--fail-fast").getValue();
    assertThat(failFast).isTrue();
  }

  @Test
  void variableForHelpIsIgnored() {
    assertThat(Cli.remote(Map.of("CULVERT_HELP", "true")).out()).startsWith("remote-proxy: ");
  }
}
