package culvert.session;

import static culvert.observe.LogEvent.event;

import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import java.time.Duration;

/**
 * The report of a relay that ended.
 *
 * @param bytesIn sent by the visitor to the origin server
 * @param bytesOut sent by the origin server to the visitor
 * @param duration since the visitor connected
 */
public record RelayReport(
    Visitor visitor, long bytesIn, long bytesOut, Duration duration, RelayEndReason reason) {

  /** Lines about the visitors of one source in a period. */
  private static final int MAX_LINES_PER_SOURCE = 100;

  /** Returns the log of a role's reports: visitors decide how many there are. */
  public static LimitedLog<SourcePrefix> log(Log log, Counters counters, Duration period) {
    return new LimitedLog<>(log, counters, MAX_LINES_PER_SOURCE, period);
  }

  /** Counts the relay and logs one line, within the limits unless the level is DEBUG. */
  public void write(Counters counters, LimitedLog<SourcePrefix> log) {
    boolean isDone = reason == RelayEndReason.DONE;
    counters.count(isDone ? Counter.RELAYS_DONE : Counter.RELAYS_BROKEN);
    log.report(
        SourcePrefix.of(visitor.address().getAddress()),
        event("relay ended")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("in", bytesIn)
            .with("out", bytesOut)
            .with("ms", duration.toMillis())
            .with("reason", reason)
            .withAll(visitor.remoteField()));
  }
}
