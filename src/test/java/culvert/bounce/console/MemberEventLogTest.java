package culvert.bounce.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.bounce.server.MemberView;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of members at each level, in the log and on the console. */
@ExtendWith(LeakCheck.class)
class MemberEventLogTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-02-29T12:34:56.789Z"), ZoneOffset.UTC);
  private static final MemberView STRANGER = FakeBounceAdmin.connected(3, "127.0.0.1", 33564);
  private static final MemberView MEMBER = FakeBounceAdmin.ready(3, "127.0.0.1", 33564, 172);

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final List<String> screen = new ArrayList<>();
  private final Counters counters = new Counters();

  /** Runs a member's life and returns what the log says of it. */
  private String life(Verbosity verbosity, Log.Format format, boolean alone, byte... bytes) {
    written.reset();
    screen.clear();
    try (var log = log(format)) {
      var events = new MemberEventLog(verbosity, Duration.ofSeconds(10), counters, log);
      events.attach(screen::add, alone);
      events.connected(STRANGER);
      events.changed(MEMBER);
      if (events.isReadEnabled()) {
        ByteBuffer read = ByteBuffer.wrap(bytes);
        events.read(MEMBER, read);
        assertThat(read.position()).isZero();
        assertThat(read.limit()).isEqualTo(bytes.length);
      }
      events.disconnected(MEMBER, "Closed by \u001b remote host");
    }
    return written.toString(StandardCharsets.UTF_8);
  }

  private Log log(Log.Format format) {
    var out = new PrintStream(written, false, StandardCharsets.UTF_8);
    return new Log(Log.Level.INFO, format, "bounce-server", out, CLOCK, Threads.factory("log"));
  }

  private static final byte[] GREETING =
      "GET / HTTP/1.1\r\n\u00e4\u0000|\u001b[2J\u007f~ ".getBytes(StandardCharsets.ISO_8859_1);

  @Test
  void theLogAtTheHighestLevel() {
    assertThat(life(Verbosity.of(4), Log.Format.TEXT, false, GREETING))
        .isEqualTo(
            """
            2024-02-29T12:34:56.789Z INFO  bounce-server: member connected id=3 peer=127.0.0.1:33564
            2024-02-29T12:34:56.789Z INFO  bounce-server: member changed id=3 peer=127.0.0.1:33564 \
            group=172 state=READY
            2024-02-29T12:34:56.789Z INFO  bounce-server: member sent id=3 peer=127.0.0.1:33564 \
            group=172 bytes=26
            2024-02-29T12:34:56.789Z INFO  bounce-server: bytes of member id=3 at=0 \
            hex="47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a" text="GET / HTTP/1.1.."
            2024-02-29T12:34:56.789Z INFO  bounce-server: bytes of member id=3 at=16 \
            hex="e4 00 7c 1b 5b 32 4a 7f 7e 20" text="..|.[2J.~ "
            2024-02-29T12:34:56.789Z INFO  bounce-server: member disconnected id=3 \
            peer=127.0.0.1:33564 group=172 reason="Closed by \\u001b remote host"
            """);
  }

  @Test
  void theLogInJson() {
    assertThat(
            life(Verbosity.of(4), Log.Format.JSON, false, (byte) '"', (byte) 'x').lines().skip(2))
        .startsWith(
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"INFO\",\"role\":\"bounce-server\","
                + "\"event\":\"member sent\",\"id\":3,\"peer\":\"127.0.0.1:33564\",\"group\":172,"
                + "\"bytes\":2}",
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"INFO\",\"role\":\"bounce-server\","
                + "\"event\":\"bytes of member\",\"id\":3,\"at\":0,\"hex\":\"22 78\","
                + "\"text\":\"\\\"x\"}");
  }

  @Test
  void theConsoleAtTheHighestLevel() {
    life(Verbosity.of(4), Log.Format.TEXT, false, GREETING);
    assertThat(String.join("\n", screen))
        .isEqualTo(
            """
            #3 127.0.0.1:33564 connected
            #3 127.0.0.1:33564 of group 172 (0xac) is READY
            #3 127.0.0.1:33564 -> group 172 (0xac): 26 bytes
              000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|
              000010  e4 00 7c 1b 5b 32 4a 7f 7e 20                    |..|.[2J.~ |
            #3 127.0.0.1:33564 of group 172 (0xac) disconnected: Closed by \\u001b remote host\
            """);
  }

  /** The screen is the log's too: nothing is told twice there. */
  @Test
  void theLogIsSilentWhileAConsoleListensAlone() {
    assertThat(life(Verbosity.of(4), Log.Format.TEXT, true, GREETING)).isEmpty();
    assertThat(screen).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void eachLevelTellsMore(int level) {
    String log = life(Verbosity.of(level), Log.Format.TEXT, false, (byte) 1);
    assertThat(log).contains("member connected", "member disconnected");
    assertThat(log.contains("member changed")).isEqualTo(level >= 2);
    assertThat(log.contains("member sent")).isEqualTo(level >= 3);
    assertThat(log.contains("bytes of member")).isEqualTo(level >= 4);
    String shown = String.join("\n", screen);
    assertThat(shown).contains(" connected", " disconnected");
    assertThat(shown.contains("is READY")).isEqualTo(level >= 2);
    assertThat(shown.contains(": 1 byte")).isEqualTo(level >= 3);
    assertThat(shown.contains("|.|")).isEqualTo(level >= 4);
  }

  @Test
  void readsOfOtherGroupsAreNotTold() {
    for (int level : new int[] {3, 4}) {
      String other =
          life(new Verbosity(level, OptionalInt.of(173)), Log.Format.TEXT, false, (byte) 1);
      assertThat(other).doesNotContain("member sent", "bytes of member").contains("connected");
      assertThat(screen).hasSize(3);
      String same =
          life(new Verbosity(level, OptionalInt.of(172)), Log.Format.TEXT, false, (byte) 1);
      assertThat(same).contains("member sent");
      assertThat(screen).hasSize(4);
    }
  }

  @Test
  void nobodyPaysForReadsThatAreNotTold() {
    try (var log = log(Log.Format.TEXT)) {
      var events = new MemberEventLog(Verbosity.of(2), Duration.ofSeconds(10), counters, log);
      assertThat(events.isReadEnabled()).isFalse();
      events.verbosity(Verbosity.of(3));
      assertThat(events.isReadEnabled()).isTrue();
    }
  }

  @Test
  void aSourceThatComesAndGoesWithoutEndDoesNotFillTheLog() {
    try (var log = log(Log.Format.TEXT)) {
      var events = new MemberEventLog(Verbosity.of(1), Duration.ofHours(1), counters, log);
      for (int i = 0; i < 500; i++) {
        events.connected(STRANGER);
      }
      events.connected(FakeBounceAdmin.connected(501, "10.0.0.1", 1));
    }
    assertThat(written.toString(StandardCharsets.UTF_8).lines()).hasSize(101);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(400);
  }

  @Test
  void aLevelThatThereIsNotIsRefused() {
    for (int level : new int[] {0, 5}) {
      assertThatThrownBy(() -> Verbosity.of(level))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the level is " + level + "; it goes from 1 to 4");
    }
  }
}
