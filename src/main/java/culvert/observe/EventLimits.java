package culvert.observe;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The {@link EventLimit} of each event of a log. The number of events is that of their names, which
 * are constants.
 */
final class EventLimits implements Log.Summaries {

  private final Log log;
  private final Duration period;
  private final LongSupplier nanoTime;
  private final Map<String, EventLimit> limits = new ConcurrentHashMap<>();

  EventLimits(Log log, Duration period, LongSupplier nanoTime) {
    this.log = log;
    this.period = period;
    this.nanoTime = nanoTime;
  }

  /** Returns whether a line of the event may be written now; does not block. */
  boolean allows(String event, Object source) {
    if (of(event).allows(source, nanoTime.getAsLong())) {
      return true;
    }
    log.addSummaries(this);
    return false;
  }

  /** Counts a line that the limit of its source suppressed. */
  void suppressed(String event, Object source) {
    of(event).suppressed(source);
  }

  private EventLimit of(String event) {
    return limits.computeIfAbsent(
        event, name -> new EventLimit(name, period, nanoTime.getAsLong()));
  }

  @Override
  public boolean write(boolean isLast) {
    limits.values().stream()
        .map(limit -> limit.summary(isLast, nanoTime.getAsLong()))
        .flatMap(Optional::stream)
        .forEach(log::warn);
    return limits.values().stream().anyMatch(EventLimit::isSummaryPending);
  }
}
