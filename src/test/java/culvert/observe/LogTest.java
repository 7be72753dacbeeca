package culvert.observe;

import static culvert.observe.LogEvent.event;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.setting.SettingNames;
import culvert.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class LogTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-02-29T12:34:56.789999Z"), ZoneOffset.UTC);
  private static final String NASTY = "a\"b\\c\n\rd\te\u001b[31m\u007f\u0085\u2028é";
  private static final String NASTY_ESCAPED =
      "a\\\"b\\\\c\\u000a\\u000dd\\u0009e\\u001b[31m\\u007f\\u0085\\u2028é";

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  @Test
  void textLineHasTimeLevelRoleEventAndFields() {
    try (var log = log(Log.Level.DEBUG, Log.Format.TEXT)) {
      log.info(event("joined").with("peer", "127.0.0.1:5").with("count", 3));
      log.error("gone");
    }
    assertThat(written())
        .isEqualTo(
            """
            2024-02-29T12:34:56.789Z INFO  test: joined peer=127.0.0.1:5 count=3
            2024-02-29T12:34:56.789Z ERROR test: gone
            """);
  }

  @Test
  void timeAlwaysHasMilliseconds() {
    var out = new PrintStream(written, false, StandardCharsets.UTF_8);
    Clock whole = Clock.fixed(Instant.parse("2024-02-29T12:34:56Z"), ZoneOffset.UTC);
    try (var log =
        new Log(
            Log.Level.INFO,
            Log.Format.TEXT,
            "test",
            out,
            whole,
            Threads.factory("log"),
            SettingNames.FLAGS)) {
      log.info("joined");
    }
    assertThat(written()).isEqualTo("2024-02-29T12:34:56.000Z INFO  test: joined\n");
  }

  @Test
  void jsonLineIsOneObject() {
    try (var log = log(Log.Level.DEBUG, Log.Format.JSON)) {
      log.warn(event("joined").with("peer", "127.0.0.1:5").with("count", 3).with("cause", null));
    }
    assertThat(written())
        .isEqualTo(
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"WARN\",\"role\":\"test\","
                + "\"event\":\"joined\",\"peer\":\"127.0.0.1:5\",\"count\":3,"
                + "\"cause\":\"null\"}\n");
  }

  @ParameterizedTest
  @EnumSource(Log.Format.class)
  void untrustedTextStaysOnItsLine(Log.Format format) {
    try (var log = log(Log.Level.INFO, format)) {
      log.info(event("refused").with("text", NASTY));
    }
    assertThat(written()).contains("\"" + NASTY_ESCAPED + "\"").endsWith("\n");
    assertThat(written().chars().filter(c -> c < ' ' || c >= 0x7f && c < 0xa0)).hasSize(1);
  }

  @Test
  void textFieldCannotImitateAnother() {
    try (var log = log(Log.Level.INFO, Log.Format.TEXT)) {
      log.info(
          event("x")
              .with("a", "1 b=2")
              .with("c", "k=v")
              .with("d", "")
              .with("e", "back\\slash")
              .with("f", "\u0085"));
    }
    assertThat(written()).endsWith(" a=\"1 b=2\" c=\"k=v\" d=\"\" e=back\\\\slash f=\\u0085\n");
  }

  @Test
  void eachLevelIncludesMoreSevereOnes() {
    for (Log.Level level : Log.Level.values()) {
      written.reset();
      try (var log = log(level, Log.Format.TEXT)) {
        log.error("e");
        log.warn("w");
        log.info("i");
        log.debug("d");
        assertThat(log.enabled(level)).isTrue();
      }
      assertThat(written().lines()).hasSize(level.ordinal() + 1);
    }
  }

  @Test
  void internalErrorHasStackOnOneLine() {
    try (var log = log(Log.Level.ERROR, Log.Format.TEXT)) {
      log.bug("a bug", new IllegalStateException("on purpose"));
    }
    assertThat(written()).contains("on purpose").contains("\\u000a\\u0009at ").hasLineCount(1);
  }

  @Test
  void closeWritesQueuedLines() {
    try (var log = log(Log.Level.INFO, Log.Format.TEXT)) {
      for (int i = 0; i < 5000; i++) {
        log.info(event("line").with("i", i));
      }
    }
    assertThat(written().lines()).hasSize(5000).last().asString().endsWith("i=4999");
  }

  @Test
  void blockedOutputBlocksNoCallerAndCountsDroppedLines() throws Exception {
    var entered = new CountDownLatch(1);
    var open = new CountDownLatch(1);
    var blocking =
        new OutputStream() {
          @Override
          public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            entered.countDown();
            awaitQuietly(open);
            written.write(bytes, offset, length);
          }
        };
    try (var log = log(Log.Level.INFO, Log.Format.TEXT, blocking)) {
      log.info("first");
      entered.await();
      // The first line is with the writer, 8192 wait, and seven are too many.
      for (int i = 0; i < 8192 + 7; i++) {
        log.info("line");
      }
      open.countDown();
    }
    assertThat(written()).contains("WARN  test: log lines dropped count=7\n");
    assertThat(written().lines().filter(line -> line.endsWith("test: line"))).hasSize(8192);
  }

  /** Stopping must not hang on a pipe that is not read. */
  @Test
  void closeReturnsWithBlockedOutput() throws Exception {
    var open = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    var blocking =
        new OutputStream() {
          @Override
          public void write(int b) {
            entered.countDown();
            awaitQuietly(open);
          }
        };
    var log = log(Log.Level.INFO, Log.Format.TEXT, blocking);
    log.info("first");
    entered.await();
    long start = System.nanoTime();
    log.close();
    assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
    open.countDown();
  }

  private Log log(Log.Level level, Log.Format format) {
    return log(level, format, written);
  }

  private static Log log(Log.Level level, Log.Format format, OutputStream to) {
    var out = new PrintStream(to, false, StandardCharsets.UTF_8);
    return new Log(level, format, "test", out, CLOCK, Threads.factory("log"), SettingNames.FLAGS);
  }

  private String written() {
    return written.toString(StandardCharsets.UTF_8);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
