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

/** What a person types at the prompt, and what is answered. */
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

  /** Runs a session to the end of its input and returns all it wrote. */
  private String session(Optional<String> insteadOfExit, byte[] typed) {
    var written = new ByteArrayOutputStream();
    try (var out = new ConsoleOutput(written)) {
      new Console(
              new Commands(members, events, stops),
              insteadOfExit,
              new LineReader(new ByteArrayInputStream(typed)),
              out,
              TerminalConsole.NO_LIMITS)
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

  /** What one command is answered. */
  private String answer(String line) {
    String all = session(line);
    assertThat(all).startsWith("> ").endsWith("> ");
    return all.substring(2, all.length() - 2);
  }

  @Test
  void aWholeSession() {
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
            > GROUP  HEX  MEMBERS  WHO
                7    7        1  #12 [::1]:40000
              172   ac        2  #0 127.0.0.1:33564, #1 10.1.2.3:5
            > > connection ended
            > connection ended
            > connection ended
            > 'c' may be connections or channels; write more of it
            > ID  ADDRESS          GROUP  HEX  STATE
             0  127.0.0.1:33564    172   ac  READY
            > echo is on
            > verbose is 3, of every group
            > verbose is 3, of group 172 (0xac)
            > verbose is 3, of every group
            > stopping; members may finish for a while
            > \
            """);
    assertThat(members.isEchoOn()).isTrue();
    assertThat(events.verbosity()).isEqualTo(Verbosity.of(3));
    assertThat(stops.count()).isEqualTo(1);
  }

  @Test
  void theHelp() {
    assertThat(answer("help"))
        .isEqualTo(
            """
            print connections|channels  every connection, or every group and who is in it
            verbose N                   how much is told, each level with those before it:
                                          1  who connects and disconnects
                                          2  how far each connection is
                                          3  how much each member sends
                                          4  the bytes themselves
            verbose channel N           tell levels 3 and 4 of this group only; -1 is every group
            echo on|off                 whether what a member sends also comes back to it
            kill ID|HOST:PORT           end this connection
            stop                        stop the server; members may finish for a while
            exit                        leave this console; the server runs on
            help                        this list
            Words can be cut short, as in 'p co'.
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '=',
      quoteCharacter = '`',
      value = {
        "foo = 'foo' is no command; there are print, verbose, echo, kill, stop, exit and help",
        "Print = 'Print' is no command; there are print, verbose, echo, kill, stop, exit and help",
        "e = 'e' may be echo or exit; write more of it",
        "print = print needs a word more: print connections|channels",
        "print other = 'other' cannot be printed; there are connections and channels",
        "print connections now = 'now' is too much: print connections|channels",
        "verbose = verbose is 1, of every group; to change it: verbose N, or verbose channel N",
        "verbose abc = 'abc' is neither a level, which are 1 to 4, nor 'channel'",
        "verbose 0 = '0' is neither a level, which are 1 to 4, nor 'channel'",
        "verbose 5 = '5' is neither a level, which are 1 to 4, nor 'channel'",
        "verbose 99999999999 = '99999999999' is neither a level, which are 1 to 4, nor 'channel'",
        "verbose 1 2 = '2' is too much: verbose N",
        "verbose channel = verbose channel needs a word more: verbose channel N",
        "verbose channel x = 'x' is no group number; write it as 172 or 0xac, or -1 for every"
            + " group",
        "verbose channel -2 = '-2' is no group number; write it as 172 or 0xac, or -1 for every"
            + " group",
        "verbose channel 1 2 = '2' is too much: verbose channel N",
        "echo = echo is off; to change it: echo on|off",
        "echo maybe = 'maybe' is no way to echo; there are on and off",
        "echo on off = 'off' is too much: echo on|off",
        "kill = kill needs a word more: kill ID|HOST:PORT",
        "kill 7 = no connection has the id 7; 'print connections' shows those there are",
        "kill 1.2.3.4:5 = no connection comes from 1.2.3.4:5; 'print connections' shows those there"
            + " are",
        "kill me = 'me' is neither an id nor an address: kill ID|HOST:PORT",
        "kill localhost:33564 = 'localhost:33564' is neither an id nor an address: kill"
            + " ID|HOST:PORT",
        "kill 1 2 = '2' is too much: kill ID|HOST:PORT",
        "stop now = 'now' is too much: stop",
        "exit now = 'now' is too much: exit",
        "help me = 'me' is too much: help",
      })
  void aMistakeIsToldAndNothingIsDone(String typed, String answer) {
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
  void wordsCanBeCutShort(String whole, String cut) {
    String answered = answer(whole);
    assertThat(answer(cut)).isEqualTo(answered).doesNotContain("may be", "there are");
  }

  @Test
  void killCanBeCutShortToo() {
    assertThat(answer("k 13")).isEqualTo("connection ended\n");
    assertThat(members.members()).extracting(MemberView::id).containsExactly(0L, 1L, 12L);
  }

  @Test
  void aLineMayEndInCrLf() {
    assertThat(session("echo on\r", "\r", "echo\r", "exit\r"))
        .isEqualTo("> echo is on\n> > echo is on; to change it: echo on|off\n> ");
  }

  @Test
  void aLineThatIsTooLongDoesNothingAndTheNextIsReadAgain() {
    String most = "echo on" + " ".repeat(Console.MAX_LINE_BYTES - "echo on".length());
    assertThat(answer(most)).isEqualTo("echo is on\n");
    assertThat(answer(most + "\r")).isEqualTo("echo is on\n");
    assertThat(answer("echo off" + " ".repeat(Console.MAX_LINE_BYTES)))
        .isEqualTo("that line is longer than 1024 bytes, so nothing was done\n");
    assertThat(members.isEchoOn()).isTrue();
    assertThat(session("x".repeat(100_000), "echo off")).endsWith("done\n> echo is off\n> ");
  }

  /** A connection that is lost must not make 'kill 12' a 'kill 1'. */
  @Test
  void aLineThatTheEndCutsOffIsNoCommand() {
    byte[] typed = "echo on\nkill 1".getBytes(StandardCharsets.US_ASCII);
    assertThat(session(Optional.empty(), typed)).isEqualTo("> echo is on\n> ");
    assertThat(members.members()).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a-path-longer-than-a-line"})
  void aWebPageCannotCommand(String path) {
    String head = "POST " + path.replace("longer", "l%20nger".repeat(200)) + " HTTP/1.1\r";
    assertThat(session(head, "Host: 127.0.0.1:32565\r", "\r", "stop", "kill 12"))
        .endsWith("> this console does not speak HTTP\n");
    assertThat(stops.count()).isEqualTo(0);
    assertThat(members.members()).hasSize(4);
  }

  @Test
  void aLineWithoutAnEndEndsTheSession() {
    var endless = new LineReader(new Endless());
    assertThatThrownBy(() -> endless.next(1024))
        .isInstanceOf(IOException.class)
        .hasMessage("a line without an end");
  }

  private static final class Endless extends InputStream {
    @Override
    public int read() {
      return 'x';
    }
  }

  @Test
  void onTheTerminalExitSaysWhatStopsTheServer() {
    byte[] typed = "exit\necho\n".getBytes(StandardCharsets.US_ASCII);
    assertThat(session(Optional.of("no way out"), typed))
        .isEqualTo("> no way out\n> echo is off; to change it: echo on|off\n> ");
  }

  @Test
  void whatWasTypedDoesNothingToTheTerminalWhenItIsRepeated() {
    String typed = "\u001b[2J\u202e\\'\"";
    for (String line : new String[] {typed, "print " + typed, "kill " + typed, "stop " + typed}) {
      assertThat(answer(line))
          .contains("\\u001b[2J\\u202e\\\\'\\\"")
          .doesNotContain("\u001b", "\u202e");
    }
  }

  @Test
  void stoppingTwiceIsTold() {
    assertThat(session("stop", "stop"))
        .isEqualTo("> stopping; members may finish for a while\n> already stopping\n> ");
  }

  @Test
  void anEmptyServerSaysSo() {
    for (MemberView member : members.members()) {
      members.kill(member.id());
    }
    assertThat(answer("print connections")).isEqualTo("no connections\n");
    assertThat(answer("print channels")).isEqualTo("no groups\n");
  }

  @Test
  void theGroupToTellOfIsKeptWhenTheLevelChanges() {
    session("verbose channel 9", "verbose 4");
    assertThat(events.verbosity()).isEqualTo(new Verbosity(4, OptionalInt.of(9)));
  }
}
