package culvert.observe;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Log lines about sources that may have much to complain of: so many for each source in a period,
 * the rest is counted.
 *
 * @param <S> what tells sources apart
 */
public final class LimitedLog<S> {

  private final Log log;
  private final Counters counters;
  private final RateLimit<S> limit;

  /** So many lines for each source in {@code period}. */
  public LimitedLog(Log log, Counters counters, int lines, Duration period) {
    this(log, counters, lines, period, System::nanoTime);
  }

  LimitedLog(Log log, Counters counters, int lines, Duration period, LongSupplier nanoTime) {
    this.log = log;
    this.counters = counters;
    this.limit = new RateLimit<>(lines, period, nanoTime);
  }

  /** A line at WARN, if the source may have one. */
  public void warn(S source, LogEvent event) {
    if (allows(source)) {
      log.warn(event);
    }
  }

  /** A line at INFO, if the source may have one. */
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
