package culvert.observe;

import static culvert.observe.LogEvent.event;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Limits the lines of one event from all sources together: {@value #BURST} in a period after a
 * quiet one, which had at most {@value #LINES_PER_PERIOD}, and this number in any other period.
 * While the limit suppresses lines, one summary in a period reports how many were suppressed, and
 * of how many sources.
 */
final class EventLimit {

  /** Lines of the first period after a quiet one; more than the limit of any single source. */
  static final int BURST = 200;

  /** Lines of a period after a busy one. */
  static final int LINES_PER_PERIOD = 5;

  private final String name;
  private final long periodNanos;

  /** Guards all following fields. */
  private final ReentrantLock lock = new ReentrantLock();

  private long periodBeganNanos;

  /** Lines of the period so far, with those that exceeded the limit. */
  private long lines;

  /** Lines that the period may have. */
  private long maxLines = BURST;

  /** Lines suppressed since the last summary, by this limit or by that of their source. */
  private long suppressed;

  /** When the first of them was. */
  private long sinceNanos;

  private final SourceEstimate sources = new SourceEstimate();

  /** Creates the limit of the event with this name. */
  EventLimit(String name, Duration period, long nowNanos) {
    this.name = name;
    // A period of zero is none at all.
    this.periodNanos = Math.max(1, period.toNanos());
    this.periodBeganNanos = nowNanos;
  }

  /** Returns whether a line may be written now; if not, counts it for the summary. */
  boolean allows(Object source, long nowNanos) {
    lock.lock();
    try {
      endPeriod(nowNanos);
      if (++lines <= maxLines) {
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

  private void endPeriod(long nowNanos) {
    long periods = (nowNanos - periodBeganNanos) / periodNanos;
    if (periods > 0) {
      boolean isBusy = periods == 1 && lines > LINES_PER_PERIOD;
      maxLines = isBusy ? LINES_PER_PERIOD : BURST;
      lines = 0;
      periodBeganNanos += periods * periodNanos;
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
      boolean isOver = nowNanos - sinceNanos >= periodNanos;
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
