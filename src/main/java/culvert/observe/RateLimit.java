package culvert.observe;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Lets some log lines through for each source and period, for a bounded number of sources.
 *
 * @param <S> what tells sources apart
 */
public final class RateLimit<S> {

  private static final int MAX_SOURCES = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final int lines;
  private final long periodNanos;
  private final LongSupplier nanoTime;

  /** A period that has begun for a source, and its lines so far. */
  private record Period(long beganNanos, int lines) {}

  /** Oldest first, so that the bound drops whoever was quiet for longest. */
  private final Map<S, Period> periods = new LinkedHashMap<>();

  /** So many lines for each source in {@code period}, by the given clock of nanoseconds. */
  public RateLimit(int lines, Duration period, LongSupplier nanoTime) {
    this.lines = lines;
    this.periodNanos = period.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Whether this source may have a line now. */
  public boolean allows(S source) {
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      Period period = periods.get(source);
      if (period != null && now - period.beganNanos() < periodNanos) {
        // In its old place: only a new period makes a source younger.
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
