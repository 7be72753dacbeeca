package culvert.testing;

import culvert.net.Threads;
import culvert.observe.Log;
import culvert.setting.SettingNames;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** A log in memory; a test reads its lines and waits for them. */
public final class TestLog implements AutoCloseable {

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final Log log;

  /** Creates a log of level DEBUG. */
  public TestLog() {
    this(Log.Level.DEBUG);
  }

  /** Creates a log of the given level. */
  public TestLog(Log.Level level) {
    var out = new PrintStream(lines, true, StandardCharsets.UTF_8);
    log =
        new Log(
            level,
            Log.Format.TEXT,
            "test",
            out,
            Clock.systemUTC(),
            Threads.factory("log"),
            SettingNames.FLAGS);
  }

  /** Returns the log to pass to the code under test. */
  public Log log() {
    return log;
  }

  /** Returns the lines written so far; after {@link #close}, all that were logged. */
  public String text() {
    return lines.toString(StandardCharsets.UTF_8);
  }

  /** Waits for a line that contains all parts. */
  public void await(String... parts) throws Exception {
    await(1, parts);
  }

  /** Waits at most {@code limit} for a line that contains all parts. */
  public void await(Duration limit, String... parts) throws Exception {
    await(limit, 1, parts);
  }

  /** Waits for {@code times} lines that contain all parts. */
  public void await(int times, String... parts) throws Exception {
    await(RolePair.LIMIT, times, parts);
  }

  private void await(Duration limit, int times, String... parts) throws Exception {
    var wanted = List.of(parts);
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
