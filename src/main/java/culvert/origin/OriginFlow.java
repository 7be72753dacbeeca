package culvert.origin;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.net.UdpSocket;
import culvert.session.FlowReport;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A flow and its socket to the origin server. Datagrams that arrive before the socket is open wait,
 * up to a limit. The visitor's datagrams arrive in the session's thread, those of the origin server
 * in the loop's thread.
 */
final class OriginFlow implements Flow.Receiver, UdpSocket.Handler {

  /** Maximum number of datagrams that wait for the socket. */
  private static final int MAX_WAITING = 16;

  private final Visitor visitor;
  private final Flow flow;
  private final FlowHandler.Server server;
  private final FlowHandler handler;
  private final FlowPlaces<OriginFlow>.Place place;
  private final FlowReport report = new FlowReport();
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Guards {@link #waiting}, and the change of {@link #socket} from null. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>(2);
  private volatile UdpSocket socket;
  private volatile InetSocketAddress address;

  /** Confined to the loop's thread until {@link #socket} is set, then to the session's thread. */
  private final FlowHeader header;

  /**
   * Creates a flow without a socket.
   *
   * @param header precedes the first datagram; may be empty
   */
  OriginFlow(
      Visitor visitor, Flow flow, FlowHandler.Server server, FlowHandler handler, byte[] header) {
    this.visitor = visitor;
    this.flow = flow;
    this.server = server;
    this.handler = handler;
    this.header = new FlowHeader(header);
    SourcePrefix source = SourcePrefix.of(visitor.address().getAddress());
    this.place = server.places().place(source, this);
  }

  Visitor visitor() {
    return visitor;
  }

  FlowPlaces<OriginFlow>.Place place() {
    return place;
  }

  boolean hasEnded() {
    return ended.get();
  }

  /** Opens the socket and sends what waits; called in the loop's thread. */
  void connect(InetSocketAddress to) {
    if (hasEnded()) {
      return;
    }
    address = to;
    UdpSocket opened;
    try {
      opened = handler.connect(to, this);
    } catch (IOException e) {
      unreachable(e);
      return;
    }
    for (ByteBuffer next = nextWaiting(opened); next != null; next = nextWaiting(opened)) {
      send(opened, next);
      handler.pool().release(next);
    }
    if (hasEnded()) {
      opened.close();
    }
  }

  /** Returns the next datagram that waits, or publishes the socket and returns null. */
  private ByteBuffer nextWaiting(UdpSocket opened) {
    lock.lock();
    try {
      ByteBuffer next = waiting.poll();
      if (next == null) {
        socket = opened;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  // Events of the flow, in the session's thread.

  @Override
  public void received(ByteBuffer datagram) {
    place.sent(System.nanoTime());
    report.countIn(datagram.remaining());
    UdpSocket current = socket;
    if (current == null) {
      current = waitForSocket(datagram);
    }
    if (current != null) {
      send(current, datagram);
    }
  }

  /** Keeps a copy until the socket is open; returns the socket if it is. */
  private UdpSocket waitForSocket(ByteBuffer datagram) {
    BufferPool pool = handler.pool();
    lock.lock();
    try {
      if (socket == null && !hasEnded()) {
        if (waiting.size() >= MAX_WAITING || pool.budget().isUnderPressure()) {
          handler.countDropped();
        } else {
          waiting.add(pool.borrow(datagram.remaining()).put(datagram).flip());
        }
      }
      return socket;
    } finally {
      lock.unlock();
    }
  }

  private void send(UdpSocket to, ByteBuffer datagram) {
    try {
      if (!header.send(datagram, to::send)) {
        handler.countDropped();
      }
    } catch (IOException e) {
      failed(to, e);
    }
  }

  @Override
  public void ended(CloseCause cause) {
    finish(FlowReport.Reason.of(cause));
  }

  // Events of the socket, in the loop's thread.

  @Override
  public void received(UdpSocket from, InetSocketAddress sender, ByteBuffer datagram) {
    place.answered();
    report.countOut(datagram.remaining());
    flow.send(datagram);
  }

  /** An ICMP message about one datagram ends the flow; the visitor's next one opens another. */
  @Override
  public void failed(UdpSocket from, IOException cause) {
    if (!hasEnded()) {
      unreachable(new IOException(text(cause), cause));
    }
  }

  private String text(IOException cause) {
    return HostPort.of(address) + ": " + cause.getMessage();
  }

  /** Ends the flow because there is no way to the origin server. */
  void unreachable(IOException cause) {
    if (!place.isAnswered() && address != null) {
      server.address().unreachable(address);
    }
    if (end(FlowReport.Reason.UNREACHABLE)) {
      handler.reportUnreachable(visitor, cause);
    }
  }

  /** Ends the flow from this side; returns false if it has ended. */
  boolean end(FlowReport.Reason reason) {
    boolean isFirst = finish(reason);
    if (isFirst) {
      flow.close(reason.cause());
    }
    return isFirst;
  }

  private boolean finish(FlowReport.Reason reason) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    UdpSocket opened;
    lock.lock();
    try {
      waiting.forEach(handler.pool()::release);
      waiting.clear();
      opened = socket;
    } finally {
      lock.unlock();
    }
    if (opened != null) {
      opened.close();
    }
    handler.ended(this, report, reason);
    return true;
  }
}
