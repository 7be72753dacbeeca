package culvert.observe;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Limits the number of log lines for each source and period. The number of remembered sources is
 * limited.
 *
 * @param <S> identifies a source
 */
public final class RateLimit<S> {

  private static final int MAX_SOURCES = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final int lines;
  private final long periodNanos;
  private final LongSupplier nanoTime;

  /** The current period of a source and its lines so far. */
  private record Period(long beganNanos, int lines) {}

  /** The oldest first, so that the source with the oldest period is dropped at the limit. */
  private final Map<S, Period> periods = new LinkedHashMap<>();

  /**
   * Creates a limit of {@code lines} lines for each source in {@code period}, with the given clock
   * in nanoseconds.
   */
  public RateLimit(int lines, Duration period, LongSupplier nanoTime) {
    this.lines = lines;
    this.periodNanos = period.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Returns whether a line of this source is allowed now. */
  public boolean allows(S source) {
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      Period period = periods.get(source);
      if (period != null && now - period.beganNanos() < periodNanos) {
        // Keeps its position: only a new period moves a source to the end.
        periods.put(source, new Period(period.beganNanos(), period.lines() + 1));
        return period.lines() < lines;
      }
      periods.remove(source);
      periods.put(source, new Period(now, 1));
      if (periods.size() > MAX_SOURCES) {
        periods.remove(periods.keySet().iterator().next());
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
