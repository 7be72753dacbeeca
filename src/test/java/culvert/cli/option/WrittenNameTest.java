package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.setting.Setting;
import culvert.testing.LeakCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Checks that a message about an invalid setting names it as the user wrote it: by an option, by a
 * former name of it, by a variable, or by a former name of that.
 */
@ExtendWith(LeakCheck.class)
class WrittenNameTest {

  private static final String REMOTE =
      "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0";
  private static final String ORIGIN =
      "origin-proxy --remote-proxy-addr=127.0.0.1:1 --origin-server-addr=127.0.0.1:1";
  private static final String BOUNCE = "bounce-server --port=0";
  private static final String CONNECT = "bounce connect h:1 1";
  private static final String BORE_LOCAL = "bore local 8000 --to=127.0.0.1:1";
  private static final String BORE_SERVER = "bore server --bind-addr=127.0.0.1";

  private static final List<String> COMMANDS =
      List.of(REMOTE, ORIGIN, BOUNCE, CONNECT, BORE_LOCAL, BORE_SERVER, "keygen", "demo");

  /** Types of which any text is a value until the files are read. */
  private static final Set<Class<?>> TEXTS = Set.of(String.class, Path.class);

  /** One way to set a setting to an invalid value. */
  private record Way(String name, Map<String, String> variables, List<String> arguments) {

    static Way option(String name, String value) {
      return new Way(name, Map.of(), List.of(name + "=" + value));
    }

    static Way variable(String name, String value) {
      return new Way(name, Map.of(name, value), List.of());
    }

    Cli run(List<String> words) {
      String[] all = Stream.concat(words.stream(), arguments.stream()).toArray(String[]::new);
      return Cli.run(variables, all);
    }
  }

  private static List<Way> ways(OptionSpec option, String value) {
    var ways = new ArrayList<Way>();
    Arrays.stream(option.names())
        .filter(name -> name.startsWith("--"))
        .forEach(name -> ways.add(Way.option(name, value)));
    VariableNames.current(option).ifPresent(name -> ways.add(Way.variable(name, value)));
    VariableNames.former(option).stream()
        .filter(name -> !VariableNames.isOfSetting(name))
        .forEach(name -> ways.add(Way.variable(name, value)));
    return ways;
  }

  private static CommandSpec command(String line) {
    CommandLine found = Cli.commandLine();
    for (String word : line.split(" ")) {
      found = found.getSubcommands().getOrDefault(word, found);
    }
    return found.getCommandSpec();
  }

  /** Returns the line without this option, which a test sets. */
  private static List<String> without(OptionSpec option, String line) {
    return Arrays.stream(line.split(" "))
        .filter(word -> !Arrays.asList(option.names()).contains(word.split("=")[0]))
        .toList();
  }

  private static void assertNamed(Way way, Cli run, OptionSpec option) {
    assertThat(run.err()).as(way.name).hasLineCount(1).matches("(?s).*" + word(way.name) + ".*");
    for (Way other : ways(option, "")) {
      if (!other.name.equals(way.name)) {
        assertThat(run.err()).as(way.name).doesNotContainPattern(word(other.name));
      }
    }
  }

  private static String word(String name) {
    return "(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])";
  }

  /** Returns each setting with a type of its own, in the first command that has it. */
  static List<Object[]> optionsWithTypes() {
    var rows = new ArrayList<Object[]>();
    var seen = EnumSet.noneOf(Setting.class);
    for (String line : COMMANDS) {
      for (OptionSpec option : command(line).options()) {
        Class<?> type = option.auxiliaryTypes()[0];
        OptionSettings.of(option)
            .filter(setting -> !TEXTS.contains(type) && seen.add(setting))
            .ifPresent(setting -> rows.add(new Object[] {setting, line}));
      }
    }
    assertThat(rows).hasSizeGreaterThan(50);
    return rows;
  }

  @ParameterizedTest
  @MethodSource("optionsWithTypes")
  void textThatIsNoValueIsReportedUnderTheNameAsWritten(Setting setting, String line) {
    OptionSpec option = OptionSettings.find(command(line), setting).orElseThrow();
    for (Way way : ways(option, "a b")) {
      Cli run = way.run(without(option, line));
      assertThat(run.exit()).as(way.name + ": " + run.err()).isEqualTo(2);
      assertThat(run.err()).contains("for " + way.name + ": ");
      assertNamed(way, run, option);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPEN_TIMEOUT | 0s |",
        "HANDSHAKE_TIMEOUT | 0s |",
        "HALF_CLOSE_TIMEOUT | 0s |",
        "HEARTBEAT | 50ms |",
        "HEARTBEAT | 1h |",
        "HEARTBEAT_TIMEOUT | 1s |",
        "MAX_VISITORS | 0 |",
        "MAX_SESSIONS | 0 |",
        "MAX_UNAUTHENTICATED | 0 |",
        "MAX_UNAUTHENTICATED_PER_ADDR | 0 |",
        "MAX_STREAMS | 0 |",
        "MAX_OPENS | 0 |",
        "MAX_STREAM_BUFFER | 1K |",
        "MAX_BUFFER | 1K |",
        "OUTSIDE_ADDR | a=h:1,a=h:2 |",
        "PROTOCOL | trp | --secret=hunter2",
        "TRANSPORT | noise |",
        "TRANSPORT | tls |",
        "WS_PATH | x |",
        "WS_PATH | /x |",
        "TLS_CERT | x |",
        "TLS_KEY | x |",
        "TLS_PKCS12 | x | --tls-cert=x",
        "TLS_PKCS12 | /no/such | --transport=tls",
        "TLS_PASSWORD_FILE | x |",
        "TLS_PASSWORD_FILE | /no/such | --transport=tls --tls-pkcs12=/dev/null",
        "TLS_CERT | /no/such | --transport=tls --tls-key=x",
        "TLS_CLIENT_CA | x |",
        "NOISE_KEY_FILE | /no/such |",
        "NOISE_PEER_KEY | x |",
        "NOISE_PATTERN | Noise_NNpsk0_25519_AESGCM_SHA256 |",
        "BORE_ADDR | 127.0.0.1:0 |",
        "BORE_SECRET | hunter2 |",
        "BORE_SECRET_FILE | x |",
        "BOUNCE_AUTH | hunter2 |",
        "BOUNCE_TLS_CA | x |",
        "BOUNCE_TLS_PIN | x |",
        "BOUNCE_TLS_SERVER_NAME | x |",
        "BOUNCE_TLS_CERT | x |",
        "BOUNCE_TLS_KEY | x |",
        "BOUNCE_TLS_PKCS12 | x |",
        "BOUNCE_TLS_PASSWORD_FILE | x |",
        "BOUNCE_WS_PATH | x |",
        "BOUNCE_WS_PATH | /x |",
        "CONTROL_VIA | bounce://h:1/1,bounce://h:1/01 |"
      })
  void invalidSettingsOfARemoteProxyAreNamedAsWritten(Setting setting, String value, String more) {
    assertNamed(REMOTE, setting, value, more);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ORIGIN_SERVER_ADDR | a=h:1,a=h:2 |",
        "ORIGIN_NAME | a b |",
        "OUTSIDE_PORT | 70000 |",
        "OUTSIDE_PORT | 1 | --protocol=trp",
        "PROXY_PROTOCOL | v1 | --protocol=trp",
        "CONNECT_TIMEOUT | 0s |",
        "RETRY_MAX | 0s |",
        "VIA | x |",
        "VIA | http://h:1 | --protocol=trp",
        "WS_HOST | a b |",
        "WS_HOST | h |",
        "TLS_CA | /no/such | --transport=tls",
        "TLS_CA | x | --tls-pin=x",
        "TLS_PIN | x |",
        "TLS_SERVER_NAME | x |",
        "NOISE_PEER_KEY | x |"
      })
  void invalidSettingsOfAnOriginProxyAreNamedAsWritten(Setting setting, String value, String more) {
    assertNamed(ORIGIN, setting, value, more);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BOUNCE_PORT | 70000 |",
        "BIND | a b |",
        "VERBOSITY | 9 |",
        "AUTH_TIMEOUT | 0s |",
        "NUMBER_PAUSE | 5s |",
        "HALF_CLOSE_TIMEOUT | 0s |",
        "MAX_PAIRS | 0 |",
        "MAX_PAIRS | 16 | --close-with-peer=11",
        "MAX_CONNECTIONS | 0 |",
        "MAX_CLIENTS | 0 |",
        "MAX_UNAUTHENTICATED | 0 |",
        "CLOSE_WITH_PEER | 10000 |",
        "BOUNCE_TRANSPORT | noise |",
        "BOUNCE_TRANSPORT | tls |",
        "CONSOLE_ADDR | 0.0.0.0:0 | -d",
        "TLS_CLIENT_CA | x |",
        "WS_PATH | /x |"
      })
  void invalidSettingsOfABounceServerAreNamedAsWritten(Setting setting, String value, String more) {
    assertNamed(BOUNCE, setting, value, more);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bounce connect h:1 1 | BOUNCE_TRANSPORT | noise",
        "bounce connect h:1 1 | TLS_PIN | x",
        "bounce connect h:1 1 | TLS_KEY | x",
        "bounce connect h:1 1 | TLS_SERVER_NAME | x",
        "bounce connect h:1 1 | WS_PATH | /x",
        "bounce connect h:1 1 | CONNECT_TIMEOUT | 0s",
        "bounce connect h:1 1 | VIA | x",
        "bore local 1 --to=h | MAX_VISITORS | 0",
        "bore local 1 --to=h | CONNECT_TIMEOUT | 0s",
        "bore local 1 --to=h | RETRY_MAX | 0s",
        "bore server --bind-addr=127.0.0.1 | MAX_VISITORS | 0",
        "bore server --bind-addr=127.0.0.1 | MAX_SESSIONS | 0"
      })
  void invalidSettingsOfOtherCommandsAreNamedAsWritten(String line, Setting setting, String value) {
    assertNamed(line, setting, value, null);
  }

  private static void assertNamed(String line, Setting setting, String value, String more) {
    OptionSpec option = OptionSettings.find(command(line), setting).orElseThrow();
    for (Way way : ways(option, value)) {
      var words = new ArrayList<>(without(option, line));
      if (more != null) {
        words.addAll(List.of(more.split(" ")));
      }
      Cli run = way.run(words);
      assertThat(run.exit()).as(way.name + ": " + run.err()).isEqualTo(78);
      assertThat(run.err()).doesNotContain("hunter");
      assertNamed(way, run, option);
    }
  }
}
