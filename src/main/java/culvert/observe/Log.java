package culvert.observe;

import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import culvert.setting.SettingWarnings;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes log lines, one for each event: time, level, a constant event name, and named fields.
 * Control characters in fields are escaped, so that untrusted text stays on its line.
 *
 * <p>A separate thread writes, so that a full pipe blocks no caller; lines beyond the limit of the
 * queue are dropped and counted.
 */
public final class Log implements SettingWarnings, AutoCloseable {

  /** How much is logged; each level includes those before it. */
  public enum Level {
    /** An internal error, or the end of the process. */
    ERROR,
    /** A condition that needs attention. */
    WARN,
    /** Events of sessions and relays. */
    INFO,
    /** Details of ordinary operation. */
    DEBUG
  }

  /** Format of a line. */
  public enum Format {
    /** Readable text. */
    TEXT,
    /** One JSON object per line. */
    JSON
  }

  private static final int MAX_WAITING_LINES = 8192;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /** Ends the writing thread; lines end with a line feed. */
  private static final String END = "end";

  /** Wakes the writing thread, which then also writes summaries. */
  private static final String WAKE_UP = "wake up";

  /** Maximum delay of a summary. */
  private static final Duration SUMMARY_DELAY = Duration.ofSeconds(1);

  private static final Duration BUG_PERIOD = Duration.ofSeconds(10);

  /** Reports about lines that were suppressed. */
  interface Summaries {
    /**
     * Writes the lines that are due.
     *
     * @param isLast whether all are due
     * @return whether others remain
     */
    boolean write(boolean isLast);
  }

  private final ArrayBlockingQueue<String> waiting = new ArrayBlockingQueue<>(MAX_WAITING_LINES);
  private final AtomicLong dropped = new AtomicLong();

  /** Summaries that are not written yet. */
  private final Set<Summaries> summaries = ConcurrentHashMap.newKeySet();

  private final EventLimits bugs = new EventLimits(this, BUG_PERIOD, System::nanoTime);
  private final Thread writer;
  private final Level level;
  private final Format format;
  private final String role;
  private final PrintStream out;
  private final Clock clock;

  /** Replaced when the settings are reloaded. */
  private volatile SettingNames names;

  /**
   * Starts a log.
   *
   * @param role the program that logs, as {@code remote-proxy}
   * @param threads creates the thread that writes
   * @param names names of settings in messages
   */
  public Log(
      Level level,
      Format format,
      String role,
      PrintStream out,
      Clock clock,
      ThreadFactory threads,
      SettingNames names) {
    this.level = level;
    this.format = format;
    this.role = role;
    this.out = out;
    this.clock = clock;
    this.names = names;
    this.writer = threads.newThread(this::writeWaiting);
    writer.start();
  }

  /** Returns whether lines of this level are written. */
  boolean enabled(Level of) {
    return of.compareTo(level) <= 0;
  }

  /** Logs an event at {@link Level#ERROR}. */
  public void error(LogEvent event) {
    write(Level.ERROR, event);
  }

  /** Logs an event without fields at {@link Level#ERROR}. */
  public void error(String event) {
    error(LogEvent.event(event));
  }

  /** Logs an internal error with its stack, unless too many of them occur. */
  public void bug(String event, Throwable cause) {
    bug(LogEvent.event(event), cause);
  }

  /** Logs an internal error with fields; see {@link #bug(String, Throwable)}. */
  public void bug(LogEvent event, Throwable cause) {
    if (!bugs.allows(event.name(), cause.getClass())) {
      return;
    }
    var stack = new StringWriter();
    cause.printStackTrace(new PrintWriter(stack));
    error(event.with("cause", cause).with("stack", stack));
  }

  /** Logs an event at {@link Level#WARN}. */
  public void warn(LogEvent event) {
    write(Level.WARN, event);
  }

  /** Logs an event without fields at {@link Level#WARN}. */
  public void warn(String event) {
    warn(LogEvent.event(event));
  }

  /** Logs a message about settings at {@link Level#WARN}, with the {@link #names} of the log. */
  @Override
  public void warn(SettingMessage message) {
    warn(message.text(names));
  }

  /** Returns the names of settings in messages of this log. */
  @Override
  public SettingNames names() {
    return names;
  }

  /** Sets the names of settings in messages from now on. */
  public void setNames(SettingNames changed) {
    names = changed;
  }

  /** Logs an event at {@link Level#INFO}. */
  public void info(LogEvent event) {
    write(Level.INFO, event);
  }

  /** Logs an event without fields at {@link Level#INFO}. */
  public void info(String event) {
    info(LogEvent.event(event));
  }

  /** Logs an event at {@link Level#DEBUG}. */
  public void debug(LogEvent event) {
    write(Level.DEBUG, event);
  }

  /** Logs an event without fields at {@link Level#DEBUG}. */
  public void debug(String event) {
    debug(LogEvent.event(event));
  }

  /** Writes one line if the level is enabled. Does not block. */
  public void write(Level of, LogEvent event) {
    if (!enabled(of)) {
      return;
    }
    if (!waiting.offer(line(of, event))) {
      dropped.incrementAndGet();
    }
  }

  private String line(Level of, LogEvent event) {
    return LogLine.of(format, clock.instant(), of, role, event);
  }

  private void writeWaiting() {
    try {
      var batch = new ArrayList<String>();
      for (boolean over = false; !over; ) {
        takeLines(batch);
        over = batch.remove(END);
        batch.removeIf(WAKE_UP::equals);
        out.print(String.join("", batch));
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          out.print(line(Level.WARN, LogEvent.event("log lines dropped").with("count", lost)));
        }
        out.flush();
        batch.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for lines; while there are summaries to write, for a second at most. */
  private void takeLines(List<String> batch) throws InterruptedException {
    String first =
        summaries.isEmpty()
            ? waiting.take()
            : waiting.poll(SUMMARY_DELAY.toNanos(), TimeUnit.NANOSECONDS);
    if (first != null) {
      batch.add(first);
    }
    writeSummaries(false);
    waiting.drainTo(batch);
  }

  /** Writes these summaries when they are due, or when the log is closed. Does not block. */
  void addSummaries(Summaries more) {
    if (summaries.add(more)) {
      // A full queue wakes the writing thread too.
      waiting.offer(WAKE_UP);
    }
  }

  private void writeSummaries(boolean isLast) {
    for (Summaries some : List.copyOf(summaries)) {
      // It stays in the set while lines remain, so that close finds it at any time.
      if (!some.write(isLast)) {
        summaries.remove(some);
        // Another thread may have added it before, without effect.
        if (some.write(isLast)) {
          summaries.add(some);
        }
      }
    }
  }

  /** Writes the queued lines, for at most a second. */
  @Override
  public void close() {
    writeSummaries(true);
    try {
      if (waiting.offer(END, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        writer.join(CLOSE_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
