package culvert.session;

import static culvert.observe.LogEvent.event;

import culvert.net.CloseCause;
import culvert.net.SourcePrefix;
import culvert.observe.LimitedLog;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the datagrams of a flow, and writes its log line when it has ended. Thread-safe. */
public final class FlowReport {

  /** Why a flow ended, as its log line gives it. */
  public enum Reason {
    /** No datagram in either direction for the flow timeout. */
    IDLE("idle"),
    /** Newer flows have taken its place. */
    EVICTED("evicted"),
    /** A reload has denied the network of its visitor. */
    DENIED("denied"),
    /** The origin server could not be reached. */
    UNREACHABLE("origin-unreachable"),
    /** Its session does not serve the service any more, and another one does. */
    WITHDRAWN("withdrawn"),
    /** The link that carried it was lost. */
    LINK_LOST("link-lost"),
    /** One of the sides is stopping. */
    STOPPED("stopped");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** Returns the reason of a flow that the peer or the link has ended. */
    public static Reason of(CloseCause cause) {
      return switch (cause) {
        case RESET -> UNREACHABLE;
        case TIMED_OUT -> IDLE;
        case NOT_DRAINED -> EVICTED;
        case LINK_LOST -> LINK_LOST;
        case STOPPED -> STOPPED;
      };
    }

    /** Returns the cause that the peer receives. */
    public CloseCause cause() {
      return switch (this) {
        case UNREACHABLE -> CloseCause.RESET;
        case IDLE -> CloseCause.TIMED_OUT;
        case EVICTED -> CloseCause.NOT_DRAINED;
        case LINK_LOST -> CloseCause.LINK_LOST;
        case DENIED, WITHDRAWN, STOPPED -> CloseCause.STOPPED;
      };
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final long since = System.nanoTime();
  private final AtomicLong datagramsIn = new AtomicLong();
  private final AtomicLong bytesIn = new AtomicLong();
  private final AtomicLong datagramsOut = new AtomicLong();
  private final AtomicLong bytesOut = new AtomicLong();

  /** Creates the report of a flow that begins now. */
  public FlowReport() {}

  /** Counts a datagram from the visitor to the origin server. */
  public void countIn(int bytes) {
    datagramsIn.incrementAndGet();
    bytesIn.addAndGet(bytes);
  }

  /** Counts a datagram from the origin server to the visitor. */
  public void countOut(int bytes) {
    datagramsOut.incrementAndGet();
    bytesOut.addAndGet(bytes);
  }

  /** Logs one line, within the limits unless the level is DEBUG. */
  public void write(Visitor visitor, Reason reason, LimitedLog<SourcePrefix> log) {
    log.report(
        SourcePrefix.of(visitor.address().getAddress()),
        event("flow ended")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("in", bytesIn.get())
            .with("out", bytesOut.get())
            .with("datagrams_in", datagramsIn.get())
            .with("datagrams_out", datagramsOut.get())
            .with("ms", Duration.ofNanos(System.nanoTime() - since).toMillis())
            .with("reason", reason)
            .withAll(visitor.remoteField()));
  }
}
