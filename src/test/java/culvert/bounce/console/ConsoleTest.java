package culvert.bounce.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.bounce.server.MemberView;
import culvert.observe.Counters;
import culvert.testing.LeakCheck;
import culvert.testing.TestLog;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the answers to the commands of an operator. */
@ExtendWith(LeakCheck.class)
class ConsoleTest {

  private final FakeBounceAdmin members =
      new FakeBounceAdmin(
          FakeBounceAdmin.ready(0, "127.0.0.1", 33564, 172),
          FakeBounceAdmin.ready(1, "10.1.2.3", 5, 172),
          FakeBounceAdmin.ready(12, "::1", 40000, 7),
          FakeBounceAdmin.connected(13, "127.0.0.1", 33568));
  private final TestLog log = new TestLog();
  private final MemberEventLog events =
      new MemberEventLog(Verbosity.of(1), Duration.ofSeconds(10), new Counters(), log.log());
  private final CountingStop stops = new CountingStop();

  @AfterEach
  void end() {
    log.close();
  }

  /** Runs a session to the end of its input and returns its output. */
  private String session(Optional<String> exitRefusal, byte[] typed) {
    var written = new ByteArrayOutputStream();
    try (var out = new ConsoleOutput(written)) {
      new Console(
              new Commands(members, events, stops),
              exitRefusal,
              new LineReader(new ByteArrayInputStream(typed)),
              out,
              TerminalConsole.NO_TIMEOUTS)
          .run();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return written.toString(StandardCharsets.UTF_8);
  }

  private String session(String... lines) {
    String typed = Arrays.stream(lines).map(line -> line + "\n").collect(Collectors.joining());
    return session(Optional.empty(), typed.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the answer to one command. */
  private String answer(String line) {
    String all = session(line);
    assertThat(all).startsWith("> ").endsWith("> ");
    return all.substring(2, all.length() - 2);
  }

  @Test
  void sessionAnswersEachCommand() {
    assertThat(
            session(
                "print connections",
                "print channels",
                "",
                "kill 13",
                "kill 10.1.2.3:5",
                "kill /[::1]:40000",
                "p c",
                "p co",
                "echo on",
                "verbose 3",
                "verbose channel 172",
                "verbose channel -1",
                "stop",
                "exit",
                "print connections"))
        .isEqualTo(
            """
            > ID  ADDRESS          GROUP  HEX  STATE
             0  127.0.0.1:33564    172   ac  READY
             1  10.1.2.3:5         172   ac  READY
            12  [::1]:40000          7    7  READY
            13  127.0.0.1:33568      -    -  CONNECTED
            > GROUP  HEX  COUNT  MEMBERS
                7    7      1  #12 [::1]:40000
              172   ac      2  #0 127.0.0.1:33564, #1 10.1.2.3:5
            > > connection closed
            > connection closed
            > connection closed
            > ambiguous abbreviation 'c': expected connections or channels
            > ID  ADDRESS          GROUP  HEX  STATE
             0  127.0.0.1:33564    172   ac  READY
            > echo is on
            > verbosity is 3, every group
            > verbosity is 3, group 172 (0xac)
            > verbosity is 3, every group
            > stopping; members may finish for a while
            > \
            """);
    assertThat(members.isEchoOn()).isTrue();
    assertThat(events.verbosity()).isEqualTo(Verbosity.of(3));
    assertThat(stops.count()).isEqualTo(1);
  }

  @Test
  void helpListsCommands() {
    assertThat(answer("help"))
        .isEqualTo(
            """
            print connections|channels  list all connections, or all groups and their members
            verbose N                   set the level of detail; each includes those before it:
                                          1  connections and disconnections
                                          2  state changes
                                          3  size of each read
                                          4  the bytes themselves
            verbose channel N           limit levels 3 and 4 to this group; -1 means every group
            echo on|off                 also send each member's bytes back to it
            kill ID|HOST:PORT           close this connection
            stop                        stop the server; members may finish for a while
            exit                        leave this console; the server keeps running
            help                        show this list
            Commands and arguments can be abbreviated, as in 'p co'.
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '=',
      quoteCharacter = '`',
      value = {
        "foo = unknown command 'foo': expected print, verbose, echo, kill, stop, exit or help",
        "Print = unknown command 'Print': expected print, verbose, echo, kill, stop, exit or help",
        "e = ambiguous abbreviation 'e': expected echo or exit",
        "print = missing argument; usage: print connections|channels",
        "print other = invalid argument 'other': expected connections or channels",
        "print connections now = unexpected argument 'now'; usage: print connections|channels",
        "verbose = verbosity is 1, every group; usage: verbose N or verbose channel N",
        "verbose abc = invalid level 'abc': expected 1 to 4, or 'channel'",
        "verbose 0 = invalid level '0': expected 1 to 4, or 'channel'",
        "verbose 5 = invalid level '5': expected 1 to 4, or 'channel'",
        "verbose 99999999999 = invalid level '99999999999': expected 1 to 4, or 'channel'",
        "verbose 1 2 = unexpected argument '2'; usage: verbose N",
        "verbose channel = missing argument; usage: verbose channel N",
        "verbose channel x = invalid group 'x': expected a number such as 172 or 0xac, or -1 for"
            + " every group",
        "verbose channel -2 = invalid group '-2': expected a number such as 172 or 0xac, or -1 for"
            + " every group",
        "verbose channel 1 2 = unexpected argument '2'; usage: verbose channel N",
        "echo = echo is off; usage: echo on|off",
        "echo maybe = invalid argument 'maybe': expected on or off",
        "echo on off = unexpected argument 'off'; usage: echo on|off",
        "kill = missing argument; usage: kill ID|HOST:PORT",
        "kill 7 = no connection with id 7; 'print connections' lists all connections",
        "kill 1.2.3.4:5 = no connection from 1.2.3.4:5; 'print connections' lists all connections",
        "kill me = invalid connection 'me': expected an id or IP:PORT",
        "kill localhost:33564 = invalid connection 'localhost:33564': expected an id or IP:PORT",
        "kill 1 2 = unexpected argument '2'; usage: kill ID|HOST:PORT",
        "stop now = unexpected argument 'now'; usage: stop",
        "exit now = unexpected argument 'now'; usage: exit",
        "help me = unexpected argument 'me'; usage: help",
      })
  void invalidCommandIsReportedAndHasNoEffect(String typed, String answer) {
    int before = members.members().size();
    assertThat(answer(typed)).isEqualTo(answer + "\n");
    assertThat(members.members()).hasSize(before);
    assertThat(members.isEchoOn()).isFalse();
    assertThat(events.verbosity()).isEqualTo(Verbosity.of(1));
    assertThat(stops.count()).isEqualTo(0);
  }

  @ParameterizedTest
  @CsvSource({
    "print channels, p ch",
    "print connections, pri conn",
    "verbose channel 7, v c 7",
    "verbose channel 172, v c 0xAC",
    "echo on, ec ON",
    "help, h",
    "print channels, '  print   channels '"
  })
  void wordsCanBeAbbreviated(String whole, String abbreviated) {
    String expected = answer(whole);
    assertThat(answer(abbreviated))
        .isEqualTo(expected)
        .doesNotContain("ambiguous", "unknown", "invalid");
  }

  @Test
  void killCanBeAbbreviated() {
    assertThat(answer("k 13")).isEqualTo("connection closed\n");
    assertThat(members.members()).extracting(MemberView::id).containsExactly(0L, 1L, 12L);
  }

  @Test
  void lineMayEndWithCrLf() {
    assertThat(session("echo on\r", "\r", "echo\r", "exit\r"))
        .isEqualTo("> echo is on\n> > echo is on; usage: echo on|off\n> ");
  }

  @Test
  void longLineIsIgnoredAndNextIsExecuted() {
    String longest = "echo on" + " ".repeat(Console.MAX_LINE_BYTES - "echo on".length());
    assertThat(answer(longest)).isEqualTo("echo is on\n");
    assertThat(answer(longest + "\r")).isEqualTo("echo is on\n");
    assertThat(answer("echo off" + " ".repeat(Console.MAX_LINE_BYTES)))
        .isEqualTo("line ignored: longer than 1024 bytes\n");
    assertThat(members.isEchoOn()).isTrue();
    assertThat(session("x".repeat(100_000), "echo off")).endsWith("bytes\n> echo is off\n> ");
  }

  /** A lost connection must not turn 'kill 12' into 'kill 1'. */
  @Test
  void incompleteLastLineIsNotExecuted() {
    byte[] typed = "echo on\nkill 1".getBytes(StandardCharsets.US_ASCII);
    assertThat(session(Optional.empty(), typed)).isEqualTo("> echo is on\n> ");
    assertThat(members.members()).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a-path-longer-than-a-line"})
  void webPageCannotSendCommands(String path) {
    String head = "POST " + path.replace("longer", "l%20nger".repeat(200)) + " HTTP/1.1\r";
    assertThat(session(head, "Host: 127.0.0.1:32565\r", "\r", "stop", "kill 12"))
        .endsWith("> this console does not serve HTTP\n");
    assertThat(stops.count()).isEqualTo(0);
    assertThat(members.members()).hasSize(4);
  }

  @Test
  void endlessLineIsRejected() {
    var endless = new LineReader(new Endless());
    assertThatThrownBy(() -> endless.next(1024))
        .isInstanceOf(IOException.class)
        .hasMessage("endless line");
  }

  private static final class Endless extends InputStream {
    @Override
    public int read() {
      return 'x';
    }
  }

  @Test
  void exitIsRefusedOnTerminal() {
    byte[] typed = "exit\necho\n".getBytes(StandardCharsets.US_ASCII);
    assertThat(session(Optional.of("no exit"), typed))
        .isEqualTo("> no exit\n> echo is off; usage: echo on|off\n> ");
  }

  @Test
  void inputIsEscapedInAnswers() {
    String typed = "\u001b[2J\u202e\\'\"";
    for (String line : new String[] {typed, "print " + typed, "kill " + typed, "stop " + typed}) {
      assertThat(answer(line))
          .contains("\\u001b[2J\\u202e\\\\'\\\"")
          .doesNotContain("\u001b", "\u202e");
    }
  }

  @Test
  void secondStopReportsStopInProgress() {
    assertThat(session("stop", "stop"))
        .isEqualTo("> stopping; members may finish for a while\n> already stopping\n> ");
  }

  @Test
  void emptyServerListsNothing() {
    for (MemberView member : members.members()) {
      members.kill(member.id());
    }
    assertThat(answer("print connections")).isEqualTo("no connections\n");
    assertThat(answer("print channels")).isEqualTo("no groups\n");
  }

  @Test
  void levelChangeKeepsGroup() {
    session("verbose channel 9", "verbose 4");
    assertThat(events.verbosity()).isEqualTo(new Verbosity(4, OptionalInt.of(9)));
  }
}
