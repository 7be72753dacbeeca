package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.cli.Help;
import culvert.cli.process.ExitCode;
import culvert.config.ByteCount;
import culvert.config.ConnectionLimits;
import culvert.config.ResourceLimits;
import culvert.config.Timeouts;
import culvert.testing.LeakCheck;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Timeouts and limits: from the command line, from variables, and their defaults. */
@ExtendWith(LeakCheck.class)
class LimitOptionsTest {

  private static final String[] ORIGIN = {
    "origin-proxy", "--remote-proxy-addr=127.0.0.1:1", "--origin-server-addr=127.0.0.1:1"
  };

  private static CommandSpec parsed(Map<String, String> variables, String[] words, String... more) {
    CommandLine command = Cli.commandLine(variables);
    String[] all = Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new);
    return command.parseArgs(all).subcommand().commandSpec();
  }

  private static Object value(CommandSpec command, String option) {
    return command.findOption(option).getValue();
  }

  private static LimitOptions limits(CommandSpec command) {
    return (LimitOptions) command.mixins().get("limits").userObject();
  }

  @Test
  void withoutOptionsTheDefaultsApply() {
    for (String[] words : List.of(Cli.REMOTE, ORIGIN)) {
      LimitOptions options = limits(parsed(Map.of(), words));
      assertThat(options.timing()).isEqualTo(Timeouts.DEFAULT);
      assertThat(options.resources()).isEqualTo(ResourceLimits.DEFAULT);
    }
    CommandSpec remote = parsed(Map.of(), Cli.REMOTE);
    assertThat(value(remote, "--max-visitors")).as("derived from the heap").isNull();
    assertThat(value(remote, "--max-sessions")).as("derived from the heap").isNull();
    assertThat(
            new ConnectionLimits(
                new VisitorLimitOption().max(),
                new AdmissionOptions().sessions(),
                (Integer) value(remote, "--max-unauthenticated"),
                (Integer) value(remote, "--max-unauthenticated-per-addr")))
        .isEqualTo(ConnectionLimits.DEFAULT);
    assertThat(value(parsed(Map.of(), ORIGIN), "--retry-max")).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void eachOptionSetsItsSetting() {
    LimitOptions options =
        limits(
            parsed(
                Map.of(),
                ORIGIN,
                "--handshake-timeout=1s",
                "--heartbeat=2s",
                "--heartbeat-timeout=3s",
                "--half-close-timeout=4s",
                "--idle-timeout=1h",
                "--drain-timeout=5s",
                "--log-period=6s",
                "--max-streams=7",
                "--max-opens=8",
                "--max-opens-per-service=9",
                "--max-stream-buffer=64K",
                "--max-buffer=2M"));
    assertThat(options.timing())
        .isEqualTo(
            new Timeouts(
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                Duration.ofSeconds(4),
                Optional.of(Duration.ofHours(1)),
                Duration.ofSeconds(5),
                Duration.ofSeconds(6)));
    assertThat(options.resources())
        .isEqualTo(new ResourceLimits(7, 8, 9, new ByteCount(64 << 10), new ByteCount(2 << 20)));
  }

  @ParameterizedTest
  @CsvSource({
    "CULVERT_HANDSHAKE_TIMEOUT, --handshake-timeout, 1s, PT1S",
    "CULVERT_HEARTBEAT, --heartbeat, 2s, PT2S",
    "CULVERT_HEARTBEAT_TIMEOUT, --heartbeat-timeout, 1m, PT1M",
    "CULVERT_DRAIN_TIMEOUT, --drain-timeout, 0s, PT0S",
    "CULVERT_LOG_PERIOD, --log-period, 1h, PT1H",
    "CULVERT_MAX_STREAMS, --max-streams, 7, 7",
    "CULVERT_MAX_OPENS, --max-opens, 8, 8",
    "CULVERT_MAX_STREAM_BUFFER, --max-stream-buffer, 64K, 64K",
    "CULVERT_MAX_BUFFER, --max-buffer, 2M, 2M",
    "CULVERT_NAME, --name, laptop, laptop",
    "CULVERT_RETRY_MAX, --retry-max, 9s, PT9S"
  })
  void eachOptionIsReadFromItsVariable(String variable, String option, String text, String value) {
    CommandSpec command = parsed(Map.of(variable, text), ORIGIN);
    assertThat(value(command, option)).hasToString(value);
  }

  @ParameterizedTest
  @CsvSource({
    "CULVERT_MAX_SESSIONS, --max-sessions",
    "CULVERT_MAX_UNAUTHENTICATED, --max-unauthenticated",
    "CULVERT_MAX_UNAUTHENTICATED_PER_ADDR, --max-unauthenticated-per-addr"
  })
  void eachOptionOfTheRemoteProxyIsReadFromItsVariable(String variable, String option) {
    assertThat(value(parsed(Map.of(variable, "5"), Cli.REMOTE), option)).isEqualTo(5);
    assertThat(value(parsed(Map.of(variable, "5"), Cli.REMOTE, option + "=6"), option))
        .as("the command line takes precedence")
        .isEqualTo(6);
  }

  @Test
  void invalidSizeIsReportedWithItsOption() {
    var run = Cli.remote("--max-buffer=lots");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains("invalid value 'lots' for --max-buffer: expected a size such as");
    run = Cli.remote(Map.of("CULVERT_MAX_STREAM_BUFFER", "1T"));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("invalid value '1T' for CULVERT_MAX_STREAM_BUFFER: expected");
  }

  @Test
  void helpContainsEveryExitCode() {
    String help = Help.of("").replaceAll("\\s+", " ");
    for (ExitCode code : ExitCode.values()) {
      assertThat(help.split("Exit codes: ")[1]).containsPattern("\\b" + code.code() + " [a-z]");
    }
    assertThat(help).contains("76 replaced by another process of the same name");
    assertThat(ExitCode.SUPERSEDED.code()).isEqualTo(76);
  }
}
