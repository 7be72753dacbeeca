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
    LogEvent line = event("draining").with(clients, count).with("limit", Durations.of(limit));
    return stop.cause().map(cause -> line.with("cause", cause)).orElse(line);
  }
}
