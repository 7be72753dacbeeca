package culvert.observe;

import static culvert.observe.LogEvent.event;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Limits the lines of one event from all sources together: a burst of {@value #BURST} lines, then
 * {@value #LINES_PER_PERIOD} in a period. While the limit suppresses lines, one summary in a period
 * reports how many were suppressed, and of how many sources.
 */
final class EventLimit {

  /**
   * Lines that are written at once after a quiet time; more than the limit of any single source.
   */
  static final int BURST = 200;

  /** Lines of a period while more occur. */
  static final int LINES_PER_PERIOD = 5;

  private final String name;
  private final Duration period;

  /** Guards all following fields. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Lines that may be written now. */
  private double credit = BURST;

  private long updatedNanos;

  /** Lines suppressed since the last summary, by this limit or by that of their source. */
  private long suppressed;

  /** When the first of them was. */
  private long sinceNanos;

  private final SourceEstimate sources = new SourceEstimate();

  /** Creates the limit of the event with this name. */
  EventLimit(String name, Duration period, long nowNanos) {
    this.name = name;
    this.period = period;
    this.updatedNanos = nowNanos;
  }

  /** Returns whether a line may be written now; if not, counts it for the summary. */
  boolean allows(Object source, long nowNanos) {
    lock.lock();
    try {
      double periods = (double) (nowNanos - updatedNanos) / period.toNanos();
      credit = Math.min(BURST, credit + periods * LINES_PER_PERIOD);
      updatedNanos = nowNanos;
      if (credit >= 1) {
        credit--;
        return true;
      }
      sinceNanos = suppressed == 0 ? nowNanos : sinceNanos;
      suppressed++;
      sources.add(source);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Counts a line that the limit of its source suppressed, if a summary is due anyway. */
  void suppressed(Object source) {
    lock.lock();
    try {
      if (suppressed > 0) {
        suppressed++;
        sources.add(source);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether lines were suppressed since the last summary. */
  boolean isSummaryPending() {
    lock.lock();
    try {
      return suppressed > 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the summary if a period has passed since the first suppressed line.
   *
   * @param isLast whether the summary is due before the end of the period
   */
  Optional<LogEvent> summary(boolean isLast, long nowNanos) {
    lock.lock();
    try {
      boolean isOver = nowNanos - sinceNanos >= period.toNanos();
      if (suppressed == 0 || !isOver && !isLast) {
        return Optional.empty();
      }
      var summary =
          event("log lines suppressed")
              .with("suppressed", name)
              .with("lines", suppressed)
              .with("sources", sources.count());
      suppressed = 0;
      sources.clear();
      return Optional.of(summary);
    } finally {
      lock.unlock();
    }
  }
}
