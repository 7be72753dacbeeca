package culvert.observe;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Logs the failures of an outage at WARN: each cause once, and again after ten minutes. Further
 * failures with the same cause are only counted. A success ends the outage, so that the first
 * failure after it is logged again. Safe for use by several threads; never blocks.
 */
public final class OutageLog {

  private static final Duration REPEAT_PERIOD = Duration.ofMinutes(10);

  /** Distinguishes the same cause in two outages. */
  private record Failure(long outage, String cause) {}

  private final LimitedLog<Failure> log;

  /** Guards the two fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private long outages;
  private boolean isOutage = true;

  /**
   * Creates the log of something that has not succeeded yet.
   *
   * @param counters counts suppressed lines as {@link Counter#LOG_LINES_SUPPRESSED}
   */
  public OutageLog(Log log, Counters counters) {
    this(log, counters, System::nanoTime);
  }

  OutageLog(Log log, Counters counters, LongSupplier nanoTime) {
    this.log = new LimitedLog<>(log, counters, 1, REPEAT_PERIOD, nanoTime);
  }

  /** Logs the event, unless this cause was logged before in this outage. */
  public void failed(String cause, LogEvent event) {
    log.warn(new Failure(began(), cause), event);
  }

  private long began() {
    lock.lock();
    try {
      isOutage = true;
      return outages;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records a success.
   *
   * @return whether it ends an outage; the time before the first success counts as one
   */
  public boolean restored() {
    lock.lock();
    try {
      boolean wasOutage = isOutage;
      isOutage = false;
      outages++;
      return wasOutage;
    } finally {
      lock.unlock();
    }
  }
}
