package culvert.bounce.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.bounce.server.MemberView;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.setting.SettingNames;
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

/** Tests the member events of each level, in the log and on the console. */
@ExtendWith(LeakCheck.class)
class MemberEventLogTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-02-29T12:34:56.789Z"), ZoneOffset.UTC);
  private static final MemberView UNAUTHENTICATED =
      FakeBounceAdmin.connected(3, "127.0.0.1", 33564);
  private static final MemberView MEMBER = FakeBounceAdmin.ready(3, "127.0.0.1", 33564, 172);

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final List<String> screen = new ArrayList<>();
  private final Counters counters = new Counters();

  /** Reports all events of a member and returns the log. */
  private String reportAll(
      Verbosity verbosity, Log.Format format, boolean isExclusive, byte... bytes) {
    written.reset();
    screen.clear();
    try (var log = log(format)) {
      var events = new MemberEventLog(verbosity, Duration.ofSeconds(10), counters, log);
      events.attach(screen::add, isExclusive);
      events.connected(UNAUTHENTICATED);
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
    return new Log(
        Log.Level.INFO,
        format,
        "bounce-server",
        out,
        CLOCK,
        Threads.factory("log"),
        SettingNames.FLAGS);
  }

  private static final byte[] GREETING =
      "GET / HTTP/1.1\r\n\u00e4\u0000|\u001b[2J\u007f~ ".getBytes(StandardCharsets.ISO_8859_1);

  @Test
  void logHasAllDetailsAtHighestLevel() {
    assertThat(reportAll(Verbosity.of(4), Log.Format.TEXT, false, GREETING))
        .isEqualTo(
            """
            2024-02-29T12:34:56.789Z INFO  bounce-server: member connected id=3 peer=127.0.0.1:33564
            2024-02-29T12:34:56.789Z INFO  bounce-server: member state changed id=3 \
            peer=127.0.0.1:33564 group=172 state=READY
            2024-02-29T12:34:56.789Z INFO  bounce-server: member data received id=3 \
            peer=127.0.0.1:33564 group=172 bytes=26
            2024-02-29T12:34:56.789Z INFO  bounce-server: member data dumped id=3 at=0 \
            hex="47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a" text="GET / HTTP/1.1.."
            2024-02-29T12:34:56.789Z INFO  bounce-server: member data dumped id=3 at=16 \
            hex="e4 00 7c 1b 5b 32 4a 7f 7e 20" text="..|.[2J.~ "
            2024-02-29T12:34:56.789Z INFO  bounce-server: member disconnected id=3 \
            peer=127.0.0.1:33564 group=172 reason="Closed by \\u001b remote host"
            """);
  }

  @Test
  void jsonLogHasAllDetailsAtHighestLevel() {
    assertThat(
            reportAll(Verbosity.of(4), Log.Format.JSON, false, (byte) '"', (byte) 'x')
                .lines()
                .skip(2))
        .startsWith(
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"INFO\",\"role\":\"bounce-server\","
                + "\"event\":\"member data received\",\"id\":3,"
                + "\"peer\":\"127.0.0.1:33564\",\"group\":172,"
                + "\"bytes\":2}",
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"INFO\",\"role\":\"bounce-server\","
                + "\"event\":\"member data dumped\",\"id\":3,\"at\":0,\"hex\":\"22 78\","
                + "\"text\":\"\\\"x\"}");
  }

  @Test
  void consoleShowsAllDetailsAtHighestLevel() {
    reportAll(Verbosity.of(4), Log.Format.TEXT, false, GREETING);
    assertThat(String.join("\n", screen))
        .isEqualTo(
            """
            #3 127.0.0.1:33564 connected
            #3 127.0.0.1:33564 in group 172 (0xac) is READY
            #3 127.0.0.1:33564 -> group 172 (0xac): 26 bytes
              000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|
              000010  e4 00 7c 1b 5b 32 4a 7f 7e 20                    |..|.[2J.~ |
            #3 127.0.0.1:33564 in group 172 (0xac) disconnected: Closed by \\u001b remote host\
            """);
  }

  /** The log is written to the same screen, so each event appears once. */
  @Test
  void eventsAreNotLoggedWithExclusiveConsole() {
    assertThat(reportAll(Verbosity.of(4), Log.Format.TEXT, true, GREETING)).isEmpty();
    assertThat(screen).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void eachLevelAddsEvents(int level) {
    String log = reportAll(Verbosity.of(level), Log.Format.TEXT, false, (byte) 1);
    assertThat(log).contains("member connected", "member disconnected");
    assertThat(log.contains("member state changed")).isEqualTo(level >= 2);
    assertThat(log.contains("member data received")).isEqualTo(level >= 3);
    assertThat(log.contains("member data dumped")).isEqualTo(level >= 4);
    String shown = String.join("\n", screen);
    assertThat(shown).contains(" connected", " disconnected");
    assertThat(shown.contains("is READY")).isEqualTo(level >= 2);
    assertThat(shown.contains(": 1 byte")).isEqualTo(level >= 3);
    assertThat(shown.contains("|.|")).isEqualTo(level >= 4);
  }

  @Test
  void readsOfOtherGroupsAreNotReported() {
    for (int level : new int[] {3, 4}) {
      String other =
          reportAll(new Verbosity(level, OptionalInt.of(173)), Log.Format.TEXT, false, (byte) 1);
      assertThat(other)
          .doesNotContain("member data received", "member data dumped")
          .contains("connected");
      assertThat(screen).hasSize(3);
      String same =
          reportAll(new Verbosity(level, OptionalInt.of(172)), Log.Format.TEXT, false, (byte) 1);
      assertThat(same).contains("member data received");
      assertThat(screen).hasSize(4);
    }
  }

  @Test
  void readsAreDisabledBelowTheirLevel() {
    try (var log = log(Log.Format.TEXT)) {
      var events = new MemberEventLog(Verbosity.of(2), Duration.ofSeconds(10), counters, log);
      assertThat(events.isReadEnabled()).isFalse();
      events.setVerbosity(Verbosity.of(3));
      assertThat(events.isReadEnabled()).isTrue();
    }
  }

  @Test
  void linesPerSourceAreLimited() {
    try (var log = log(Log.Format.TEXT)) {
      var events = new MemberEventLog(Verbosity.of(1), Duration.ofHours(1), counters, log);
      for (int i = 0; i < 500; i++) {
        events.connected(UNAUTHENTICATED);
      }
      events.connected(FakeBounceAdmin.connected(501, "10.0.0.1", 1));
    }
    assertThat(written.toString(StandardCharsets.UTF_8).lines()).hasSize(101);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(400);
  }

  @Test
  void levelOutOfRangeIsRejected() {
    for (int level : new int[] {0, 5}) {
      assertThatThrownBy(() -> Verbosity.of(level))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("invalid level " + level + ": expected 1 to 4");
    }
  }
}
