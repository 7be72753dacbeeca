package culvert.observe;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits log lines by source: a maximum number for each source in a period; further lines are
 * counted.
 *
 * @param <S> identifies a source
 */
public final class LimitedLog<S> {

  private final Log log;
  private final Counters counters;
  private final RateLimit<S> limit;

  /** Creates a log with at most {@code lines} lines for each source in {@code period}. */
  public LimitedLog(Log log, Counters counters, int lines, Duration period) {
    this(log, counters, lines, period, System::nanoTime);
  }

  LimitedLog(Log log, Counters counters, int lines, Duration period, LongSupplier nanoTime) {
    this.log = log;
    this.counters = counters;
    this.limit = new RateLimit<>(lines, period, nanoTime);
  }

  /** Logs an event at WARN unless the source has reached its limit. */
  public void warn(S source, LogEvent event) {
    if (allows(source)) {
      log.warn(event);
    }
  }

  /** Logs an event at INFO unless the source has reached its limit. */
  public void info(S source, LogEvent event) {
    if (allows(source)) {
      log.info(event);
    }
  }

  private boolean allows(S source) {
    if (limit.allows(source)) {
      return true;
    }
    counters.count(Counter.LOG_LINES_SUPPRESSED);
    return false;
  }
}
