package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors of the command line, of settings and of the start. */
class ErrorLinesTest {

  private static final String JSON =
      "\\{\"time\":\"[^\"]+\",\"level\":\"(ERROR|WARN|INFO)\",\"role\":\"[a-z -]+\","
          + "\"event\":\"([^\"\\\\]|\\\\.)+\"(,\"[a-z_]+\":([0-9]+|\"([^\"\\\\]|\\\\.)*\"))*\\}";

  private static String[] words(String line) {
    return line.split(" ");
  }

  /** Command lines that fail: usage, an invalid value, settings, and the start. */
  static Stream<String> failures() {
    return Stream.of(
        "remote-prxy",
        "remote-proxy --control-adr=x",
        "remote-proxy",
        "remote-proxy --control-addr",
        "remote-proxy --control-addr=http://x",
        "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0 --secret-file=/none",
        "remote-proxy --control-addr=192.0.2.1:1 --outside-addr=127.0.0.1:0",
        "origin-proxy --remote-proxy-addr=127.0.0.1:1 --origin-server-addr=127.0.0.1:1"
            + " --transport=noise",
        "bounce-server -p 99999",
        "bounce-server --bind=192.0.2.1",
        "bounce connect 127.0.0.1:1 7 --log-level=loud",
        "bounce connect 127.0.0.1:1 7 --transport=tls --tls-ca=/none",
        "bounce connect 127.0.0.1:1 7 --listen=192.0.2.1:1",
        "bore server --bind-addr=192.0.2.1",
        "bore local 70000 --to=x",
        "bore",
        "");
  }

  @ParameterizedTest
  @MethodSource("failures")
  void everyLineIsJsonIfTheVariableSaysSo(String commandLine) {
    Cli run = Cli.run(Map.of("CULVERT_LOG_FORMAT", "json"), words(commandLine));
    assertThat(run.exit()).isNotZero();
    assertThat(run.err().lines()).isNotEmpty().allMatch(line -> line.matches(JSON));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--log-format=json", "--log-format json"})
  void everyLineIsJsonIfTheOptionSaysSo(String option) {
    Cli run = Cli.run(words("remote-proxy --control-adr=x " + option));
    assertThat(run.err()).matches(JSON + "\n").contains("unknown option '--control-adr'");
  }

  @ParameterizedTest
  @MethodSource("failures")
  void textIsTheDefault(String commandLine) {
    assertThat(Cli.run(words(commandLine)).err()).isNotEmpty().doesNotContain("{\"time\"");
  }

  /** A terminal sequence, a right-to-left override, a zero-width space, a tag character. */
  @ParameterizedTest
  @ValueSource(
      strings = {"\u001b[31mx", "\u202ex", "\u200bx", "x\u00a0y", "\udb40\udc41x", "\ufffd\u0007"})
  void textOfTheUserIsPrintedEscaped(String text) {
    for (String commandLine :
        new String[] {
          "%s",
          "remote-proxy --control-addr=%s",
          "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0 --secret-file=%s",
          "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=%s=127.0.0.1:0",
          "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0 --log-level=%s",
          "origin-proxy --remote-proxy-addr=127.0.0.1:1 --origin-server-addr=:1 --name=%s",
          "bounce-server --bind=%s",
          "bore local 1 --to=%s",
          "bore %s"
        }) {
      for (String format : new String[] {"text", "json"}) {
        Cli run = Cli.run(Map.of("CULVERT_LOG_FORMAT", format), words(commandLine.formatted(text)));
        assertThat(run.err()).as(commandLine).isNotEmpty();
        assertThat(run.err().codePoints().filter(c -> !isPlain(c))).as(commandLine).isEmpty();
      }
    }
  }

  private static boolean isPlain(int c) {
    return c == '\n' || c >= ' ' && c < 0x7f || c == 0xfffd;
  }
}
