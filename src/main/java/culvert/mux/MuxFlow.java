package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One visitor's datagrams on a link. Unlike a stream it has no answer, no window and no half-close.
 * Datagrams to be sent wait in {@link DatagramQueue}; those received are delivered by the link's
 * reader.
 */
public final class MuxFlow implements Flow {

  private final Link link;
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Set before the first datagram is delivered. */
  private volatile Receiver receiver;

  /** 0 until the OPEN_FLOW is written; written with the writer's lock held. */
  private volatile long id;

  // Guarded by the writer's lock, as is all that DatagramQueue keeps here:

  /** Until it is written with the first datagram. */
  Message.OpenFlow pendingOpen;

  /** Number of the batch that carries the OPEN_FLOW. */
  long openBatch = -1;

  /** Datagrams to be sent, the oldest first; null while there are none. */
  ArrayDeque<ByteBuffer> datagrams;

  /** Their size in the limits of {@link DatagramQueue}, in bytes. */
  long queuedBytes;

  /** Whether nothing may be queued any more. */
  boolean isClosed;

  /** Creates a flow of this side; its OPEN_FLOW is sent with the first datagram. */
  MuxFlow(Link link, Message.OpenFlow open, Receiver receiver) {
    this.link = link;
    this.pendingOpen = open;
    this.receiver = receiver;
  }

  /** Creates a flow that the peer opened. */
  MuxFlow(Link link, long id) {
    this.link = link;
    this.id = id;
  }

  /** Sets the receiver of a flow that the peer opened. */
  void receiver(Receiver receiver) {
    this.receiver = receiver;
  }

  @Override
  public int send(ByteBuffer datagram) {
    return link.writer().sendDatagram(this, datagram);
  }

  @Override
  public void close(CloseCause cause) {
    if (ended.compareAndSet(false, true)) {
      link.writer().closeFlow(this, reason(cause));
      link.flows().removeClosed(this);
    }
  }

  /** Ends the flow without a RESET, because the peer or the link has ended it. */
  void end(CloseCause cause) {
    if (ended.compareAndSet(false, true)) {
      link.writer().closeFlow(this, null);
      link.flows().remove(this);
      receiver.ended(cause);
    }
  }

  /** Returns whether the flow has ended. */
  boolean hasEnded() {
    return ended.get();
  }

  /** Delivers a datagram; called by the link's reader. */
  void receive(ByteBuffer datagram) {
    if (!ended.get()) {
      receiver.received(datagram);
    }
  }

  private static StreamResetReason reason(CloseCause cause) {
    return switch (cause) {
      case RESET -> StreamResetReason.BROKEN;
      case TIMED_OUT -> StreamResetReason.TIMED_OUT;
      case NOT_DRAINED -> StreamResetReason.NOT_DRAINED;
      case LINK_LOST, STOPPED -> StreamResetReason.STOPPED;
    };
  }

  /** Returns the flow's id, or 0 while its OPEN_FLOW has not been written. */
  long id() {
    return id;
  }

  void id(long id) {
    this.id = id;
  }
}
