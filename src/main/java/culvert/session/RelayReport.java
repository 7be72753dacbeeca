package culvert.session;

import static culvert.observe.LogEvent.event;

import culvert.observe.Counter;
import culvert.observe.Counters;
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

  /** Counts the relay and logs one line; does not block. */
  public void write(Counters counters, Log log) {
    boolean isDone = reason == RelayEndReason.DONE;
    counters.count(isDone ? Counter.RELAYS_DONE : Counter.RELAYS_BROKEN);
    log.info(
        event("relay ended")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("in", bytesIn)
            .with("out", bytesOut)
            .with("ms", duration.toMillis())
            .with("reason", reason));
  }
}
