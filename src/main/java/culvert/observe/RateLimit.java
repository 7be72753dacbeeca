package culvert.observe;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Lets one log line through for each source and period, for a bounded number of sources.
 *
 * @param <S> what tells sources apart
 */
public final class RateLimit<S> {

  private static final int MOST_SOURCES = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final long periodNanos;
  private final LongSupplier nanoTime;

  /** Oldest first, so that the bound drops whoever was quiet for longest. */
  private final Map<S, Long> last = new LinkedHashMap<>();

  /** One line for each source in {@code period}, by the given clock of nanoseconds. */
  public RateLimit(Duration period, LongSupplier nanoTime) {
    this.periodNanos = period.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Whether this source may have a line now. */
  public boolean allows(S source) {
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      Long before = last.get(source);
      if (before != null && now - before < periodNanos) {
        return false;
      }
      last.remove(source);
      last.put(source, now);
      if (last.size() > MOST_SOURCES) {
        last.remove(last.keySet().iterator().next());
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
