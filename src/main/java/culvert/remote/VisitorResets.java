package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.net.SourcePrefix;
import culvert.net.UnixPeer;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import java.net.InetSocketAddress;

/**
 * Counts and logs visitors that are reset before they have a stream, with one line for each source
 * and period.
 */
final class VisitorResets {

  /** Why a visitor is reset, as the log line gives it. */
  enum Reason {
    /** A limit of visitors is reached. */
    OVER_LIMIT("over-limit", Counter.VISITORS_OVER_LIMIT),
    /** Its network is not allowed or denied. */
    DENIED("denied", Counter.VISITORS_DENIED),
    /** The required PROXY header is missing or malformed. */
    BAD_PROXY_HEADER("bad-proxy-header", Counter.BAD_PROXY_HEADERS),
    /** Too many visitors of the service wait for the origin server. */
    BUSY("busy", Counter.VISITORS_BUSY),
    /** No session can carry it. */
    UNSERVED("unserved", Counter.VISITORS_UNSERVED),
    /** The origin side refused it. */
    REFUSED("refused", Counter.OPENS_FAILED),
    /** The origin server was not reached in time. */
    OPEN_TIMEOUT("open-timeout", Counter.OPENS_FAILED);

    private final String text;
    private final Counter counter;

    Reason(String text, Counter counter) {
      this.text = text;
      this.counter = counter;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final Counters counters;
  private final LimitedLog<SourcePrefix> lines;

  VisitorResets(Counters counters, LimitedLog<SourcePrefix> lines) {
    this.counters = counters;
    this.lines = lines;
  }

  /**
   * Records a visitor; the caller resets it.
   *
   * @param visitor its address, from its PROXY header if that was read
   */
  void record(InetSocketAddress visitor, String service, Reason reason, String cause) {
    counters.count(reason.counter);
    lines.warn(
        SourcePrefix.of(visitor.getAddress()),
        event("visitor reset")
            .with("visitor", UnixPeer.name(visitor))
            .with("service", service)
            .with("reason", reason)
            .with("cause", cause));
  }
}
