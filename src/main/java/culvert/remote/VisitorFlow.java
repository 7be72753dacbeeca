package culvert.remote;

import culvert.net.BandwidthLimits;
import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.net.FlowPlaces;
import culvert.net.SourcePrefix;
import culvert.net.UdpSocket;
import culvert.session.Datagrams;
import culvert.session.FlowReport;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The datagrams of one visitor of a UDP service. Those of the visitor arrive in the loop's thread,
 * those of the origin server in the thread of the session.
 */
final class VisitorFlow implements Flow.Receiver {

  /** How long a draining session waits for the next datagram of a flow. */
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long it waits for an unconfirmed flow, which is usually one question and its answer. */
  private static final long UNCONFIRMED_DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Visitor visitor;
  private final SessionUses.Use use;
  private final UdpFront front;
  private final BandwidthLimits limits;
  private final FlowPlaces<VisitorFlow>.Place place;
  private final FlowReport report = new FlowReport();
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Set by {@link #open}, before the flow is in a table. */
  private Flow flow;

  /** The socket that received the visitor's last datagram; answers are sent from it. */
  private volatile UdpSocket socket;

  private final long openedNanos = System.nanoTime();

  /** Time of the last datagram that keeps the flow open. */
  private volatile long lastNanos = openedNanos;

  private VisitorFlow(Visitor visitor, SessionUses.Use use, UdpSocket socket, UdpFront front) {
    this.visitor = visitor;
    this.use = use;
    this.socket = socket;
    this.front = front;
    var source = SourcePrefix.of(visitor.address().getAddress());
    this.limits = front.limits(use.session(), source);
    this.place = front.place(source, this);
  }

  /**
   * Opens a flow on a session. Each attempt has an object of its own: the one of a session that
   * failed may have been ended by it.
   *
   * @param use of the session; the flow ends it
   * @param socket received the visitor's first datagram
   * @throws IOException if the session cannot carry it
   */
  static VisitorFlow open(
      Visitor visitor, SessionUses.Use use, Datagrams datagrams, UdpSocket socket, UdpFront front)
      throws IOException {
    var opened = new VisitorFlow(visitor, use, socket, front);
    opened.flow = datagrams.open(visitor, opened);
    return opened;
  }

  Visitor visitor() {
    return visitor;
  }

  FlowPlaces<VisitorFlow>.Place place() {
    return place;
  }

  /** Returns the session that carries it. */
  Session session() {
    return use.session();
  }

  boolean hasEnded() {
    return ended.get();
  }

  /** Returns whether no datagram that keeps the flow open has passed for this time. */
  boolean isIdle(long nowNanos, long limitNanos) {
    return nowNanos - lastNanos > limitNanos;
  }

  /** Returns whether a session that drains need not wait for the flow any more. */
  boolean isDrained(long nowNanos) {
    return place.isConfirmed()
        ? isIdle(nowNanos, DRAIN_NANOS)
        : nowNanos - openedNanos > UNCONFIRMED_DRAIN_NANOS;
  }

  /** Sends a datagram of the visitor to the origin server. */
  void receivedFromVisitor(UdpSocket by, ByteBuffer datagram) {
    socket = by;
    lastNanos = System.nanoTime();
    place.sent(lastNanos);
    boolean isConfirmed = place.isConfirmed();
    if (!limits.forward().tryTakeDatagram(datagram.remaining(), isConfirmed)) {
      front.countDropped();
      return;
    }
    report.countIn(datagram.remaining());
    // Datagrams that the link drops must not use up the bandwidth of others.
    limits.forward().giveBackDatagram(flow.send(datagram), isConfirmed);
  }

  /**
   * Sends a datagram of the origin server to the visitor. It keeps only a confirmed flow open: the
   * address of an unconfirmed one may be forged, and its owner may not want the datagrams.
   */
  @Override
  public void received(ByteBuffer datagram) {
    place.answered();
    int bytes = datagram.remaining();
    boolean isConfirmed = place.isConfirmed();
    if (!limits.backward().tryTakeDatagram(bytes, isConfirmed)) {
      front.countDropped();
    } else if (isSent(datagram)) {
      if (isConfirmed) {
        lastNanos = System.nanoTime();
      }
      report.countOut(bytes);
    } else {
      limits.backward().giveBackDatagram(bytes, isConfirmed);
      front.countDropped();
    }
  }

  private boolean isSent(ByteBuffer datagram) {
    try {
      return socket.send(datagram, visitor.address());
    } catch (IOException e) {
      // The address cannot be reached now; without datagrams of the visitor, the flow expires.
      return false;
    }
  }

  @Override
  public void ended(CloseCause cause) {
    finish(FlowReport.Reason.of(cause));
  }

  /** Ends the flow from this side; has no effect if it has ended. */
  void end(FlowReport.Reason reason) {
    if (finish(reason)) {
      flow.close(reason.cause());
    }
  }

  private boolean finish(FlowReport.Reason reason) {
    boolean isFirst = ended.compareAndSet(false, true);
    if (isFirst) {
      use.end();
      front.ended(this, report, reason);
    }
    return isFirst;
  }
}
