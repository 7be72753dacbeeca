package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.process.Stop;
import culvert.net.Durations;
import culvert.observe.LogEvent;
import java.time.Duration;

/** The log line at the start of a drain. */
final class Draining {

  private Draining() {}

  /**
   * Returns the line.
   *
   * @param clients the key under which the number of connected clients is logged
   * @param limit how long they may continue
   */
  static LogEvent of(Stop stop, String clients, int count, Duration limit) {
    return limited(stop, event("draining").with(clients, count), limit);
  }

  /** Returns the line of a role that may also have flows of UDP visitors. */
  static LogEvent of(Stop stop, int visitors, int flows, Duration limit) {
    LogEvent line = event("draining").with("visitors", visitors);
    return limited(stop, flows == 0 ? line : line.with("flows", flows), limit);
  }

  private static LogEvent limited(Stop stop, LogEvent line, Duration limit) {
    line.with("limit", Durations.of(limit));
    return stop.cause().map(cause -> line.with("cause", cause)).orElse(line);
  }
}
