package culvert.cli.option;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.config.Secret;
import culvert.noise.NoiseKeyPair;
import culvert.setting.Setting;
import culvert.testing.LeakCheck;
import culvert.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Checks that an error or warning about a setting names it as the user wrote it: by an option, by a
 * former name of it, by a variable, or by a former name of that.
 */
@ExtendWith(LeakCheck.class)
class WrittenNameTest {

  /** A valid command line of each command. */
  private static final Map<String, String> LINES =
      Stream.of(
              "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0",
              "origin-proxy --remote-proxy-addr=127.0.0.1:1 --origin-server-addr=127.0.0.1:1",
              "bounce-server --port=0",
              "bounce connect 127.0.0.1:1 1",
              "bore local 8000 --to=127.0.0.1:1",
              "bore server --bind-addr=127.0.0.1",
              "keygen",
              "demo")
          .collect(toMap(WrittenNameTest::name, line -> line, (a, b) -> a, LinkedHashMap::new));

  @TempDir private static Path folder;

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

  /** Returns the words of a command line that name the command. */
  private static String name(String line) {
    return command(line).qualifiedName().substring("culvert ".length());
  }

  private static CommandSpec command(String line) {
    CommandLine found = Cli.commandLine();
    for (String word : line.split(" ")) {
      found = found.getSubcommands().getOrDefault(word, found);
    }
    return found.getCommandSpec();
  }

  private static OptionSpec option(String command, Setting setting) {
    return OptionSettings.find(command(command), setting).orElseThrow();
  }

  /** Returns the line without this option, which a test sets. */
  private static List<String> without(OptionSpec option, String line) {
    return Arrays.stream(line.split(" "))
        .filter(word -> !Arrays.asList(option.names()).contains(word.split("=")[0]))
        .toList();
  }

  private static void assertNamed(Way way, Cli run, OptionSpec option) {
    assertThat(run.err()).hasLineCount(1);
    assertNamed(way, run.err(), option);
  }

  private static void assertNamed(Way way, String line, OptionSpec option) {
    assertThat(line).as(way.name).containsPattern(word(way.name));
    for (Way other : ways(option, "")) {
      if (!other.name.equals(way.name)) {
        assertThat(line).as(way.name).doesNotContainPattern(word(other.name));
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
    for (String name : LINES.keySet()) {
      for (OptionSpec option : command(name).options()) {
        Class<?> type = option.auxiliaryTypes()[0];
        OptionSettings.of(option)
            .filter(setting -> !TEXTS.contains(type) && seen.add(setting))
            .ifPresent(setting -> rows.add(new Object[] {name, setting}));
      }
    }
    assertThat(rows).hasSizeGreaterThan(50);
    return rows;
  }

  @ParameterizedTest
  @MethodSource("optionsWithTypes")
  void textThatIsNoValueIsReportedUnderTheNameAsWritten(String name, Setting setting) {
    OptionSpec option = option(name, setting);
    for (Way way : ways(option, "a b")) {
      Cli run = way.run(line(name, option, null));
      assertThat(run.exit()).as(way.name + ": " + run.err()).isEqualTo(2);
      assertThat(run.err()).contains("for " + way.name + ": ");
      assertNamed(way, run, option);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          remote-proxy | OPEN_TIMEOUT | 0s |
          remote-proxy | HANDSHAKE_TIMEOUT | 0s |
          remote-proxy | HALF_CLOSE_TIMEOUT | 0s |
          remote-proxy | HEARTBEAT | 50ms |
          remote-proxy | HEARTBEAT | 1h |
          remote-proxy | HEARTBEAT_TIMEOUT | 1s |
          remote-proxy | MAX_VISITORS | 0 |
          remote-proxy | MAX_SESSIONS | 0 |
          remote-proxy | MAX_UNAUTHENTICATED | 0 |
          remote-proxy | MAX_UNAUTHENTICATED_PER_ADDR | 0 |
          remote-proxy | MAX_STREAMS | 0 |
          remote-proxy | MAX_OPENS | 0 |
          remote-proxy | MAX_STREAM_BUFFER | 1K |
          remote-proxy | MAX_BUFFER | 1K |
          remote-proxy | OUTSIDE_ADDR | a=h:1,a=h:2 |
          remote-proxy | PROTOCOL | trp | --secret=hunter2
          remote-proxy | TRANSPORT | noise |
          remote-proxy | TRANSPORT | tls |
          remote-proxy | WS_PATH | x |
          remote-proxy | WS_PATH | /x |
          remote-proxy | TLS_CERT | x |
          remote-proxy | TLS_KEY | x |
          remote-proxy | TLS_PKCS12 | x | --tls-cert=x
          remote-proxy | TLS_PKCS12 | /no/such | --transport=tls
          remote-proxy | TLS_PASSWORD_FILE | x |
          remote-proxy | TLS_PASSWORD_FILE | /no/such | --transport=tls --tls-pkcs12=/dev/null
          remote-proxy | TLS_CERT | /no/such | --transport=tls --tls-key=x
          remote-proxy | TLS_CLIENT_CA | x |
          remote-proxy | NOISE_KEY_FILE | /no/such |
          remote-proxy | NOISE_PEER_KEY | x |
          remote-proxy | NOISE_PATTERN | Noise_NNpsk0_25519_AESGCM_SHA256 |
          remote-proxy | BORE_ADDR | 127.0.0.1:0 |
          remote-proxy | BORE_SECRET | hunter2 |
          remote-proxy | BORE_SECRET_FILE | x |
          remote-proxy | BOUNCE_AUTH | hunter2 |
          remote-proxy | BOUNCE_TLS_CA | x |
          remote-proxy | BOUNCE_TLS_PIN | x |
          remote-proxy | BOUNCE_TLS_SERVER_NAME | x |
          remote-proxy | BOUNCE_TLS_CERT | x |
          remote-proxy | BOUNCE_TLS_KEY | x |
          remote-proxy | BOUNCE_TLS_PKCS12 | x |
          remote-proxy | BOUNCE_TLS_PASSWORD_FILE | x |
          remote-proxy | BOUNCE_WS_PATH | x |
          remote-proxy | BOUNCE_WS_PATH | /x |
          remote-proxy | CONTROL_VIA | bounce://h:1/1,bounce://h:1/01 |
          origin-proxy | ORIGIN_SERVER_ADDR | a=h:1,a=h:2 |
          origin-proxy | ORIGIN_NAME | a b |
          origin-proxy | OUTSIDE_PORT | 70000 |
          origin-proxy | OUTSIDE_PORT | 1 | --protocol=trp
          origin-proxy | PROXY_PROTOCOL | v1 | --protocol=trp
          origin-proxy | CONNECT_TIMEOUT | 0s |
          origin-proxy | RETRY_MAX | 0s |
          origin-proxy | VIA | x |
          origin-proxy | VIA | http://h:1 | --protocol=trp
          origin-proxy | WS_HOST | a b |
          origin-proxy | WS_HOST | h |
          origin-proxy | TLS_CA | /no/such | --transport=tls
          origin-proxy | TLS_CA | x | --tls-pin=x
          origin-proxy | TLS_PIN | x |
          origin-proxy | TLS_SERVER_NAME | x |
          origin-proxy | NOISE_PEER_KEY | x |
          bounce-server | BOUNCE_PORT | 70000 |
          bounce-server | BIND | a b |
          bounce-server | VERBOSITY | 9 |
          bounce-server | AUTH_TIMEOUT | 0s |
          bounce-server | NUMBER_PAUSE | 5s |
          bounce-server | HALF_CLOSE_TIMEOUT | 0s |
          bounce-server | MAX_PAIRS | 0 |
          bounce-server | MAX_PAIRS | 16 | --close-with-peer=11
          bounce-server | MAX_CONNECTIONS | 0 |
          bounce-server | MAX_CLIENTS | 0 |
          bounce-server | MAX_UNAUTHENTICATED | 0 |
          bounce-server | CLOSE_WITH_PEER | 10000 |
          bounce-server | BOUNCE_TRANSPORT | noise |
          bounce-server | BOUNCE_TRANSPORT | tls |
          bounce-server | CONSOLE_ADDR | 0.0.0.0:0 | -d
          bounce-server | TLS_CLIENT_CA | x |
          bounce-server | WS_PATH | /x |
          bounce connect | BOUNCE_TRANSPORT | noise |
          bounce connect | TLS_PIN | x |
          bounce connect | TLS_KEY | x |
          bounce connect | TLS_SERVER_NAME | x |
          bounce connect | WS_PATH | /x |
          bounce connect | CONNECT_TIMEOUT | 0s |
          bounce connect | VIA | x |
          bore local | MAX_VISITORS | 0 |
          bore local | CONNECT_TIMEOUT | 0s |
          bore local | RETRY_MAX | 0s |
          bore server | MAX_VISITORS | 0 |
          bore server | MAX_SESSIONS | 0 |
          """)
  void invalidSettingIsNamedAsWritten(String name, Setting setting, String value, String more) {
    OptionSpec option = option(name, setting);
    for (Way way : ways(option, value)) {
      Cli run = way.run(line(name, option, more));
      assertThat(run.exit()).as(way.name + ": " + run.err()).isEqualTo(78);
      assertThat(run.err()).doesNotContain("hunter");
      assertNamed(way, run, option);
    }
  }

  /**
   * Creates the files that cause warnings: an identity that has expired, and secrets that other
   * users may read.
   */
  @BeforeAll
  static void createFiles() throws Exception {
    Instant end = Instant.parse("2024-05-06T07:08:09Z");
    var wish = new TestAuthority.Wish("server").time(end.minus(Duration.ofDays(1)), end);
    var issued = TestAuthority.selfSigned(wish);
    String secret = Secret.generate();
    var files =
        List.of(
            issued.writeChain(folder.resolve("cert")),
            issued.writeKey(folder.resolve("key")),
            issued.writeArchive(folder.resolve("archive"), secret),
            Files.writeString(folder.resolve("text"), secret),
            Files.writeString(folder.resolve("noise"), NoiseKeyPair.generate().privateText()));
    for (Path file : files) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
  }

  /** The value of the setting is the file; DIR in the further options is its folder. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          remote-proxy | SECRET_FILE | text |
          remote-proxy | NOISE_KEY_FILE | noise | --noise-pattern=Noise_NK_25519_AESGCM_SHA256
          remote-proxy | BORE_SECRET_FILE | text | --port-range=20000-20001 --bore-addr=127.0.0.1:0
          remote-proxy | TLS_CERT | cert | --transport=tls --tls-key=DIR/key
          remote-proxy | TLS_KEY | key | --transport=tls --tls-cert=DIR/cert
          remote-proxy | TLS_PKCS12 | archive | --transport=tls --tls-password-file=DIR/text
          remote-proxy | TLS_PASSWORD_FILE | text | --transport=tls --tls-pkcs12=DIR/archive
          remote-proxy | BOUNCE_AUTH_FILE | text | --control-via=bounce://127.0.0.1:1/1
          remote-proxy | BOUNCE_TLS_CERT | cert | --bounce-tls-key=DIR/key GROUP
          remote-proxy | BOUNCE_TLS_KEY | key | --bounce-tls-cert=DIR/cert GROUP
          remote-proxy | BOUNCE_TLS_PKCS12 | archive | --bounce-tls-password-file=DIR/text GROUP
          remote-proxy | BOUNCE_TLS_PASSWORD_FILE | text | --bounce-tls-pkcs12=DIR/archive GROUP
          origin-proxy | SECRET_FILE | text |
          origin-proxy | TLS_CERT | cert | --transport=tls --tls-key=DIR/key
          origin-proxy | TLS_KEY | key | --transport=tls --tls-cert=DIR/cert
          bounce-server | AUTH_FILE | text |
          bounce-server | TLS_CERT | cert | --transport=tls --tls-key=DIR/key
          bounce-server | TLS_KEY | key | --transport=tls --tls-cert=DIR/cert
          bounce connect | AUTH_FILE | text |
          bounce connect | TLS_CERT | cert | --transport=tls --tls-key=DIR/key
          bounce connect | TLS_KEY | key | --transport=tls --tls-cert=DIR/cert
          bore server | SECRET_FILE | text | --control-port=0
          bore local | SECRET_FILE | text |
          """)
  void warningAboutFileNamesItsSettingAsWritten(
      String name, Setting setting, String file, String more) {
    OptionSpec option = option(name, setting);
    String value = folder.resolve(file).toString();
    String options =
        more == null
            ? null
            : more.replace("DIR", folder.toString())
                .replace("GROUP", "--control-via=bounce+tls://127.0.0.1:1/1");
    for (Way way : ways(option, value)) {
      Cli run = way.run(line(name, option, options));
      assertThat(run.err().lines().filter(line -> line.contains(" " + value + ": ")))
          .as(run.err())
          .isNotEmpty()
          .allSatisfy(line -> assertNamed(way, line, option));
    }
  }

  /** Returns the line of the command without this option, and with more options. */
  private static List<String> line(String command, OptionSpec option, String more) {
    var words = new ArrayList<>(without(option, LINES.get(command)));
    if (more != null) {
      words.addAll(List.of(more.split(" ")));
    }
    return words;
  }
}
