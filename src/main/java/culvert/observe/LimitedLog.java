package culvert.observe;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits log lines twice: a maximum number for each source in a period, and a maximum for each
 * event of all sources together, a burst and then a few lines in each period. Suppressed lines are
 * counted; those of all sources are also reported, by one line per event and period.
 *
 * @param <S> identifies a source
 */
public final class LimitedLog<S> {

  private final Log log;
  private final Counters counters;
  private final RateLimit<S> limit;
  private final EventLimits events;

  /**
   * Creates a log with at most {@code lines} lines for each source in {@code period}.
   *
   * @param period also that of the limit for all sources
   */
  public LimitedLog(Log log, Counters counters, int lines, Duration period) {
    this(log, counters, lines, period, System::nanoTime);
  }

  LimitedLog(Log log, Counters counters, int lines, Duration period, LongSupplier nanoTime) {
    this.log = log;
    this.counters = counters;
    this.limit = new RateLimit<>(lines, period, nanoTime);
    this.events = new EventLimits(log, period, nanoTime);
  }

  /** Logs an event at WARN unless a limit is reached. */
  public void warn(S source, LogEvent event) {
    write(Log.Level.WARN, source, event);
  }

  /** Logs an event at INFO unless a limit is reached. */
  public void info(S source, LogEvent event) {
    write(Log.Level.INFO, source, event);
  }

  /** Logs an event at INFO unless a limit is reached; a log of level DEBUG has every event. */
  public void report(S source, LogEvent event) {
    if (log.enabled(Log.Level.DEBUG)) {
      log.info(event);
    } else {
      info(source, event);
    }
  }

  private void write(Log.Level level, S source, LogEvent event) {
    if (!log.enabled(level)) {
      return;
    }
    if (allows(source, event.name())) {
      log.write(level, event);
    } else {
      counters.count(Counter.LOG_LINES_SUPPRESSED);
    }
  }

  private boolean allows(S source, String event) {
    if (limit.allows(source)) {
      return events.allows(event, source);
    }
    events.suppressed(event, source);
    return false;
  }
}
