package culvert.testing;

import culvert.net.Threads;
import culvert.observe.Log;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** A log in memory, whose lines a test reads and waits for. */
public final class TestLog implements AutoCloseable {

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final Log log;

  /** One that misses nothing. */
  public TestLog() {
    this(Log.Level.DEBUG);
  }

  /** One of that level. */
  public TestLog(Log.Level level) {
    var out = new PrintStream(lines, true, StandardCharsets.UTF_8);
    log = new Log(level, Log.Format.TEXT, "test", out, Clock.systemUTC(), Threads.factory("log"));
  }

  /** What writes into it. */
  public Log log() {
    return log;
  }

  /** What was written so far; all that was logged, once it is closed. */
  public String text() {
    return lines.toString(StandardCharsets.UTF_8);
  }

  /** Waits for a line that contains all the words. */
  public void await(String... words) throws Exception {
    await(1, words);
  }

  /** The same, within so long. */
  public void await(Duration limit, String... words) throws Exception {
    await(limit, 1, words);
  }

  /** Waits for so many lines that contain all the words. */
  public void await(int times, String... words) throws Exception {
    await(RolePair.LIMIT, times, words);
  }

  private void await(Duration limit, int times, String... words) throws Exception {
    var wanted = List.of(words);
    Eventually.within(
        limit,
        () -> {
          String all = text();
          long found = all.lines().filter(line -> wanted.stream().allMatch(line::contains)).count();
          if (found < times) {
            throw new AssertionError(
                found + " lines of " + times + " with " + wanted + " in:\n" + all);
          }
        });
  }

  @Override
  public void close() {
    log.close();
  }
}
