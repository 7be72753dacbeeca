package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.FirstLine;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.BounceAuthentication;
import culvert.config.BounceGroups;
import culvert.config.BounceLoginLimits;
import culvert.config.BounceSettings;
import culvert.config.PairedGroups;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options, messages, first line and warnings of a bounce server. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceServerCommandTest {

  private static final String PUBLIC_CONSOLE = "--console-addr=0.0.0.0:0";

  @TempDir private Path folder;

  private static BounceSettings settings(Map<String, String> variables, String... words) {
    var command =
        Main.commandLine(
            new Terminal(System.in, System.out, System.err, variables, new Stop(), action -> {}));
    String[] all =
        Stream.concat(Stream.of("bounce-server"), Arrays.stream(words)).toArray(String[]::new);
    var spec = command.parseArgs(all).subcommand().commandSpec();
    return ((BounceServerCommand) spec.userObject()).settings();
  }

  private static BounceSettings settings(String... words) {
    return settings(Map.of(), words);
  }

  /** Runs a server that is stopped at once. */
  private static Cli run(Map<String, String> variables, String... more) {
    return Cli.run(
        variables,
        Stream.concat(
                Stream.of("bounce-server", "--port=0", "--bind=127.0.0.1"), Arrays.stream(more))
            .toArray(String[]::new));
  }

  private static Cli run(String... more) {
    return run(Map.of(), more);
  }

  private Path file(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("auth"), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void withoutOptionsTheDefaultsApply() {
    assertThat(settings())
        .isEqualTo(
            new BounceSettings(
                new HostPort("::", 1111),
                BounceGreeting.AS_IMPLEMENTED,
                Optional.empty(),
                BounceLoginLimits.DEFAULT,
                BounceGroups.DEFAULT,
                TransportKind.PLAIN,
                Optional.empty(),
                WebSocketSettings.DEFAULT,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10)));
  }

  @Test
  void eachOptionSetsItsSetting() {
    assertThat(
            settings(
                "-p",
                "22",
                "--bind=0.0.0.0",
                "-e",
                "--max-connections",
                "3",
                "--max-pairs=1000",
                "--max-clients=4",
                "--max-clients-per-addr=2",
                "--idle-timeout=1h",
                "--wire=text",
                "--auth-timeout=1s",
                "--number-pause=50ms",
                "--max-half-open=5",
                "--max-half-open-per-addr=6",
                "--close-with-peer=7,00AC",
                "--half-close-timeout=8s",
                "--drop-slow-after=0s",
                "--transport=ws",
                "--ws-path=/bounce",
                "--drain-timeout=9s",
                "--log-period=10m"))
        .isEqualTo(
            new BounceSettings(
                new HostPort("0.0.0.0", 22),
                BounceGreeting.AS_DOCUMENTED,
                Optional.empty(),
                new BounceLoginLimits(Duration.ofSeconds(1), Duration.ofMillis(50), 5, 6),
                new BounceGroups(
                    1000,
                    3,
                    4,
                    2,
                    true,
                    PairedGroups.of(Set.of(7, 172)),
                    Duration.ZERO,
                    Duration.ofSeconds(8),
                    Optional.of(Duration.ofHours(1))),
                TransportKind.WS,
                Optional.empty(),
                new WebSocketSettings("/bounce", Optional.empty()),
                Duration.ofSeconds(9),
                Duration.ofMinutes(10)));
  }

  @ParameterizedTest
  @CsvSource({
    "CULVERT_PORT, 22",
    "CULVERT_ECHO, true",
    "CULVERT_MAX_PAIRS, 1000",
    "CULVERT_MAX_CLIENTS, 4",
    "CULVERT_WIRE, text",
    "CULVERT_AUTH_TIMEOUT, 1s",
    "CULVERT_NUMBER_PAUSE, 50ms",
    "CULVERT_CLOSE_WITH_PEER, all",
    "CULVERT_CLOSE_WITH_PEER, '7,ac'",
    "CULVERT_DROP_SLOW_AFTER, 0s"
  })
  void eachOptionIsReadFromItsVariable(String variable, String value) {
    String option = variable.substring(8).toLowerCase(Locale.ROOT).replace('_', '-');
    String word = value.equals("true") ? "--" + option : "--" + option + "=" + value;
    assertThat(settings(Map.of(variable, value)))
        .isEqualTo(settings(word))
        .isNotEqualTo(settings());
  }

  @Test
  void closeWithPeerWithoutGroupsAppliesToAll() {
    assertThat(settings("--close-with-peer", "-p", "5").groups().paired())
        .isEqualTo(PairedGroups.ALL);
    assertThat(settings("-p", "5", "--close-with-peer").groups().paired())
        .isEqualTo(PairedGroups.ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"::", "[::]", "::1", "localhost"})
  void addressIsAcceptedWithAndWithoutBrackets(String host) {
    assertThat(settings("--bind=" + host).listen())
        .isEqualTo(new HostPort(host.replaceAll("[\\[\\]]", ""), 1111));
  }

  @Test
  void authenticationStringIsReadFromOptionVariableAndFile() throws IOException {
    Path file = file("from a file\r\n");
    assertThat(string(settings("--auth=from the line"))).isEqualTo("from the line");
    assertThat(string(settings(Map.of("CULVERT_AUTH", " ${x} @y ")))).isEqualTo(" ${x} @y ");
    assertThat(string(settings("--auth-file=" + file))).isEqualTo("from a file");
    assertThat(string(settings(Map.of("CULVERT_AUTH_FILE", file.toString()), "--auth=line")))
        .isEqualTo("line");
    assertThat(string(settings(Map.of("CULVERT_AUTH", "variable"), "--auth-file=" + file)))
        .isEqualTo("from a file");
  }

  private static String string(BounceSettings settings) {
    return new String(
        settings.authentication().map(BounceAuthentication::bytes).orElseThrow(),
        StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({"-v, 1", "-vv, 2", "-vvv, 3", "-vvvv, 4", "-v -v -v, 3", "--verbosity=4, 4"})
  void verbosityIsSetByLettersOrANumber(String words, int level) {
    assertThat(verbosity(words.split(" "))).isEqualTo("verbosity is " + level + ", every group");
  }

  @Test
  void verbosityIsOneByDefaultAndIsReadFromItsVariable() {
    assertThat(verbosity()).isEqualTo("verbosity is 1, every group");
    assertThat(ask(Map.of("CULVERT_VERBOSITY", "3"))).contains("verbosity is 3,");
  }

  private static String verbosity(String... words) {
    String out = ask(Map.of(), words);
    return out.split("> ")[1].split(";")[0];
  }

  /** Runs a server on a terminal, enters commands for its verbosity and stops it. */
  private static String ask(Map<String, String> variables, String... words) {
    return converse(InteractiveTerminal.WITHOUT_LOG, "verbose\nexit\nstop\n", variables, words)
        .out();
  }

  private static Cli converse(
      InteractiveTerminal interactive,
      String typed,
      Map<String, String> variables,
      String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var terminal =
        new Terminal(
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.US_ASCII)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            variables,
            new Stop(),
            action -> {},
            () -> interactive);
    int exit =
        Main.run(
            terminal,
            Stream.concat(
                    Stream.of("bounce-server", "--port=0", "--bind=127.0.0.1"),
                    Arrays.stream(words))
                .toArray(String[]::new));
    return new Cli(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void serverOnATerminalAcceptsCommands() {
    Cli run = converse(InteractiveTerminal.WITH_LOG, "echo on\nexit\nstop\n", Map.of());
    assertThat(run.exit()).isZero();
    assertThat(run.out().replaceAll("127\\.0\\.0\\.1:\\d+", "_"))
        .startsWith(
            """
            bounce-server: listening _
            > echo is on
            > this console is the server's own terminal; 'stop' stops the server
            > stopping; members may finish for a while
            """);
    assertThat(run.err()).contains("draining members=0 limit=30s").contains("stopping");
  }

  @Test
  void firstLineHasTheAddresses() {
    Cli run = run();
    assertThat(run.exit()).isZero();
    assertThat(run.out()).matches("bounce-server: listening 127\\.0\\.0\\.1:\\d+\n");
    run = run("-d", "--console-addr=127.0.0.1:0");
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .matches("bounce-server: listening 127\\.0\\.0\\.1:\\d+, console 127\\.0\\.0\\.1:\\d+\n");
    for (String line : new String[] {run().out(), run.out()}) {
      assertThat(line.strip()).matches(FirstLine.BOUNCE_SERVER);
    }
  }

  @Test
  void missingAuthenticationStringCausesAWarning() throws IOException {
    assertThat(run().err()).contains("WARN").contains("NO AUTHENTICATION STRING IS SET");
    assertThat(run("--auth=hunter2").err())
        .doesNotContain("NO AUTHENTICATION")
        .doesNotContain("hunter2");
    Path file = file("hunter2");
    assertThat(run("--auth-file=" + file).err()).doesNotContain("WARN", "hunter2");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(run("--auth-file=" + file).err())
        .contains("--auth-file " + file + ": other users can access the file");
  }

  @Test
  void consoleBeyondLoopbackNeedsAnAuthenticationString() {
    rejected(run("-d", PUBLIC_CONSOLE), "--console-addr 0.0.0.0:0 is not a loopback address");
    assertThat(run("-d", PUBLIC_CONSOLE, "--auth=x").exit()).isZero();
    assertThat(run(PUBLIC_CONSOLE).exit()).as("without -d there is none").isZero();
  }

  @Test
  void invalidSettingsAreReported() throws IOException {
    rejected(run("--max-pairs=0"), "invalid value '0' for --max-pairs: expected 1 to 1000000");
    rejected(run("--max-connections=0"), "'0' for --max-connections: expected");
    rejected(run("--max-clients=0"), "'0' for --max-clients: expected");
    rejected(run("--auth-timeout=0s"), "'0s' for --auth-timeout: expected");
    rejected(
        run("--number-pause=5s"),
        "for --number-pause: expected a duration shorter than --auth-timeout");
    rejected(run("--close-with-peer=10000"), "invalid group '10000' for --close-with-peer");
    rejected(run("--max-pairs=16", "--close-with-peer=11"), "expected 0 to f");
    rejected(run("--half-close-timeout=0s"), "'0s' for --half-close-timeout: expected");
    rejected(run("--transport=noise"), "'noise' for --transport: expected plain");
    rejected(run("--transport=tls"), "--transport tls needs a certificate");
    rejected(run("--tls-client-ca=x"), "--tls-client-ca is given without --tls-cert");
    rejected(run("--auth="), "the authentication string is empty");
    rejected(run("--auth=hunter2", "--auth-file=" + file("x")), "are both given; keep one");
    rejected(run("--auth-file=" + folder.resolve("none")), "there is no such file");
    rejected(run("-vvvvv"), "-v is given 5 times (allowed: 1 to 4)");
    rejected(
        run("--verbosity=0"), "invalid value '0' for --verbosity: expected a number from 1 to 4");
    rejected(
        Cli.run("bounce-server", "-p", "65536"), "'65536' for -p: expected a port from 0 to 65535");
    rejected(Cli.run("bounce-server", "-p", "-1"), "'-1' for -p: expected a port from 0 to 65535");
    rejected(
        Cli.run("bounce-server", "--bind=a b"),
        "'a b' for --bind: expected a host name or an IP address");
  }

  private static void rejected(Cli run, String message) {
    assertThat(run.err()).contains(message).doesNotContain("hunter").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "-p|http|a whole number",
        "--max-pairs|many|a whole number",
        "--protocol|letters|one of program, text",
        "--wire|letters|one of program, text",
        "--transport|udp|one of plain,",
        "--close-with-peer|7,web|group numbers in hexadecimal digits",
        "--console-addr|localhost|PORT or HOST:PORT",
        "--number-pause|now|a number and a unit",
        "--verbosity|loud|a whole number",
      })
  void malformedValueIsReportedWithItsOption(String option, String value, String expected) {
    for (Cli run :
        new Cli[] {
          Cli.run("bounce-server", option, value), Cli.run("bounce-server", option + "=" + value)
        }) {
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err())
          .contains("invalid value '" + value + "' for " + option + ": expected " + expected)
          .contains("see 'culvert bounce-server --help'")
          .hasLineCount(1);
    }
  }

  @Test
  void misplacedAuthenticationStringIsNotPrinted() {
    for (Cli run :
        new Cli[] {
          run("--auth"),
          run("--authhunter"),
          run("hunter2"),
          run("-p", "--auth=hunter2"),
          run("--auth-fiel=hunter2"),
          run("--wire", "--auth=hunter2")
        }) {
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).doesNotContain("hunter").hasLineCount(1);
    }
    assertThat(run("-p", "--auth=hunter2").err()).contains("option -p needs a value");
    assertThat(run("--auth-fiel=x").err()).contains("did you mean '--auth-file'?");
  }

  @Test
  void addressInUseIsAFailureAndIsNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      Cli run = Cli.run("bounce-server", "--bind=127.0.0.1", "-p", port);
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains("bounce-server: cannot listen on 127.0.0.1:" + port);
      run = run("-d", "--console-addr=127.0.0.1:" + port);
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains("bounce-server: cannot listen on 127.0.0.1:" + port);
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void helpHasTheOptionsOfBounceServer() {
    String help = Help.of("bounce-server");
    assertThat(help)
        .startsWith("Usage: bounce-server [OPTION]...")
        .contains("-p, --port=PORT", "-e, --echo", "-d, --daemon", "-v ", "--max-connections=N")
        .contains("--max-pairs=N", "--close-with-peer[=GROUP,...]");
  }
}
