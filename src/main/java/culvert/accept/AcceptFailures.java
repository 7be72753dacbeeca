package culvert.accept;

import static culvert.observe.LogEvent.event;

import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import java.io.IOException;
import java.time.Duration;

/**
 * Counts and logs failed accepts at an address where clients log in. Each failure, usually for lack
 * of file descriptors, also evicts unauthenticated connections.
 */
public final class AcceptFailures {

  private static final int EVICTED_PER_FAILURE = 16;

  private final String event;
  private final HandshakeLimiter limiter;
  private final Counters counters;
  private final Log log;

  /**
   * Creates a handler for one address.
   *
   * @param event the event to log
   * @param limiter the unauthenticated connections at the address
   */
  public AcceptFailures(String event, HandshakeLimiter limiter, Counters counters, Log log) {
    this.event = event;
    this.limiter = limiter;
    this.counters = counters;
    this.log = log;
  }

  /**
   * Handles one failure; see {@link culvert.net.Listener.Handler#acceptFailed}.
   *
   * @param pause until the next accept
   * @param isFirst whether to log it
   */
  public void handle(IOException cause, Duration pause, boolean isFirst) {
    counters.count(Counter.ACCEPT_FAILURES);
    limiter.evict(EVICTED_PER_FAILURE);
    if (isFirst) {
      log.warn(event(event).with("cause", cause.getMessage()).with("pause", Durations.of(pause)));
    }
  }
}
