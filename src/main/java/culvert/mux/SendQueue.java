package culvert.mux;

import culvert.net.BufferPool;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * Everything that a link has to send, and the order in which it goes: control ({@link
 * PendingControl}) ahead of payload ({@link SendScheduler}), then a PING, whose PONG shows when the
 * batch has arrived ({@link CongestionWindow}). Not thread-safe: the writer's lock guards it and
 * its parts.
 */
final class SendQueue {

  /**
   * Bytes for one write to the connection.
   *
   * @param buffer the pooled buffer to release after the write, or null
   * @param last whether the link ends with this batch
   * @param isRest whether the connection has accepted a part of it
   */
  record Batch(ByteBuffer bytes, ByteBuffer buffer, boolean last, boolean isRest) {

    /** Returns what the connection has not accepted, in a buffer of its size. */
    Batch rest(BufferPool pool) {
      if (buffer == null) {
        return new Batch(bytes, null, last, true);
      }
      ByteBuffer left = pool.shrink(buffer);
      return new Batch(left, left, last, true);
    }

    void release(BufferPool pool) {
      if (buffer != null) {
        pool.release(buffer);
      }
    }
  }

  final CongestionWindow congestion = new CongestionWindow();
  final SendScheduler scheduler;
  final PendingControl control = new PendingControl();
  private boolean pingRequested;
  private Message.Bye deferredBye;

  SendQueue(Link link, int opensGranted) {
    this.scheduler = new SendScheduler(link, congestion, opensGranted);
  }

  /** Queues a message of the session, unless a deferred BYE is pending: it would be misread. */
  void message(Message message) throws ProtocolException {
    if (deferredBye == null) {
      control.message(message);
    }
  }

  void requestPing() {
    pingRequested = true;
  }

  /** Sends BYE as the last frame, after the payload of all streams; the first reason stays. */
  void deferBye(Message.Bye bye) {
    deferredBye = deferredBye == null ? bye : deferredBye;
  }

  /** Returns whether a batch can be written now. */
  boolean hasWork() {
    return pingRequested
        || !control.isEmpty()
        || scheduler.hasPayload()
        || (scheduler.isIdle() ? deferredBye != null : congestion.isPingNeeded());
  }

  /** Returns whether the peer has not acknowledged everything that streams have sent. */
  boolean hasUnacknowledged() {
    return !scheduler.isIdle() || scheduler.hasPayload() || congestion.hasUnacknowledged();
  }

  /** Returns the next batch; to be called only if {@link #hasWork}. */
  Batch take() {
    if (deferredBye != null && scheduler.isIdle() && !scheduler.hasPayload()) {
      control.bye(deferredBye);
    }
    boolean last = control.hasBye();
    ByteBuffer head = control.encode(scheduler.batch());
    ByteBuffer payload = scheduler.take();
    return new Batch(join(head, payload), payload, last, false);
  }

  /** Joins control, payload and, if one is due, a PING into one run of bytes. */
  private ByteBuffer join(ByteBuffer head, ByteBuffer payload) {
    long now = System.nanoTime();
    if (pingRequested || congestion.isPingDue(now) || congestion.isPingNeeded()) {
      pingRequested = false;
      boolean fits = payload != null && payload.remaining() >= 2 * Frame.HEADER_BYTES;
      Message.write(fits ? payload : head, 0, new Message.Ping(congestion.ping(now)));
    }
    if (control.hasBye()) {
      control.encodeBye();
    }
    head.flip();
    if (payload == null) {
      return head;
    }
    int start = PendingControl.CONTROL_BYTES - head.remaining();
    payload.put(start, head, 0, head.remaining());
    return payload.flip().position(start);
  }

  /** Releases the batch being filled and empties the scheduler's queues; the link has ended. */
  void clear() {
    scheduler.clear();
  }
}
